"""Very many leads, as the service would have written them: sealed, with their terms, copied in without indexes."""

import asyncio
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.tables import data_keys
from services.kit.vault import TenantKey
from services.leads.leads.domain import Lead
from services.leads.leads.store import codec, sealing, table, terms
from services.leads.words import lead_words

TENANT, TEAM = UUID(int=7), UUID(int=8)
OWNERS = 100
BOSS = Principal(TENANT, UUID(int=1), "BOSS", None)
REP = Principal(TENANT, UUID(int=1003), "REP", TEAM)
"""Sees what one of the owners has."""
A_COMPANY = 5
"""Leads."""
CHUNK = 20_000
FIELDS = ("company", "contact_name", "phone", "email", "uscc")
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
PLACES = (
    "北京",
    "上海",
    "广州",
    "深圳",
    "杭州",
    "苏州",
    "南京",
    "成都",
    "重庆",
    "武汉",
    "西安",
    "天津",
    "青岛",
    "长沙",
)
TRADES = ("科技", "电子", "机械", "贸易", "信息技术", "医疗器械", "新材料", "物流", "食品", "化工", "软件", "网络科技")
BRAND = (
    "明岳云杉海天华信远东恒泰瑞丰金石宏图百川启航星辰立新正大同方博雅万和鼎盛卓越佳美盈科智联创维安泰康健宝龙凯旋腾飞"
    "永兴长青松柏春秋江河山水风雷光电火木土晨曦朗润格致诚达通利源昌盛富贵吉祥如意福禄双喜中亚欧亿顺捷迅力强优品"
)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志文斌宇浩轩梓涵子晨欣怡雨桐思远嘉诚若曦"


@dataclass(frozen=True)
class Made:
    """What the n-th lead is called and reached by."""

    number: int

    @property
    def brand(self) -> str:
        """Of its company; 3 letters."""
        n, size = self.number // A_COMPANY, len(BRAND)
        return BRAND[n % size] + BRAND[(n // size * 7 + n * 3) % size] + BRAND[(n // size + n * 11) % size]

    @property
    def company(self) -> str:
        """The registered name."""
        n = self.number // A_COMPANY
        return f"{PLACES[n * 7 % len(PLACES)]}{self.brand}{TRADES[n * 11 % len(TRADES)]}有限公司"

    @property
    def contact_name(self) -> str:
        """Three letters."""
        n = self.number
        return SURNAMES[n % len(SURNAMES)] + GIVEN[n * 7 % len(GIVEN)] + GIVEN[n // 3 % len(GIVEN)]

    @property
    def phone(self) -> str:
        """A mobile number of its own."""
        return f"138{self.number * 7919 % 100_000_000:08d}"

    @property
    def uscc(self) -> str:
        """The code of its company, in the shape of one."""
        return f"91350100M{self.number // A_COMPANY:09d}"

    @property
    def owner_id(self) -> UUID:
        """One of the owners."""
        return UUID(int=1000 + self.number * 37 % OWNERS)

    def lead(self) -> Lead:
        """The lead itself; all owners have the same share of old and new."""
        at = BEGAN + timedelta(seconds=self.number * 30)
        person = {"contact_name": self.contact_name, "phone": self.phone}
        identity = new_id(int(at.timestamp() * 1000))
        return Lead(identity, self.company, self.owner_id, TEAM, at, at, uscc=self.uscc, channel="官网", **person)


async def fill(superuser: str, secret: bytes, size: int) -> None:
    """Copy so many leads in, build the indexes, and tell the planner."""
    connection = await asyncpg.connect(superuser)
    names = ("leads", "lead_terms", "data_keys")
    defined = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY($1) AND indexname NOT LIKE '%_pkey'"
    indexes = await connection.fetch(defined, names)
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['indexname']}")
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        steps = [(superuser, secret, at, min(at + CHUNK, size)) for at in range(0, size, CHUNK)]
        list(workers.map(_copy, *zip(*steps, strict=True)))
    await connection.execute("SET maintenance_work_mem = '1GB'")
    for index in indexes:
        await connection.execute(index["indexdef"], timeout=1800)
    for name in names:
        await connection.execute(f"VACUUM ANALYZE {name}", timeout=600)
    await connection.close()


def _copy(superuser: str, secret: bytes, begin: int, end: int) -> None:
    asyncio.run(_copied(superuser, TenantKey(secret), begin, end))


async def _copied(superuser: str, tenant: TenantKey, begin: int, end: int) -> None:
    rows = [_row(tenant, Made(number).lead()) for number in range(begin, end)]
    connection = await asyncpg.connect(superuser)
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda v: b"\1" + orjson.dumps(v), decoder=orjson.loads, format="binary"
    )
    for place, kept in enumerate((table, terms.table, data_keys)):
        columns = [column.name for column in kept.columns]
        records = [tuple(row[place][name] for name in columns) for row in rows]
        await connection.copy_records_to_table(kept.name, records=records, columns=columns)
    await connection.close()


def _row(tenant: TenantKey, lead: Lead) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The lead, its terms and its key, as their tables hold them."""
    wrapped, key = tenant.new_key(lead.id)
    row, mine = codec.to_row(lead), {"tenant_id": TENANT, "id": lead.id}
    parts = (("company", "uscc"), ("contact_name",), ("phone",))
    found_by = set().union(*(_terms(tenant, **{name: row[name] for name in part}) for part in parts))
    known = mine | {"create_time": lead.create_time, "terms": sorted(found_by)}
    return mine | sealing.closed(tenant, row, key), known, mine | {"wrapped": wrapped}


@lru_cache(maxsize=20_000)
def _terms(tenant: TenantKey, **given: str) -> frozenset[int]:
    """The terms of a lead that has these fields alone: a lead has those of all its fields."""
    return frozenset(tenant.terms(lead_words(dict.fromkeys(FIELDS, "") | given)))
