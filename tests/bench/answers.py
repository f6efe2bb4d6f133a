"""How fast numbers come at any number of facts, against a scan of the facts themselves."""

import time
from dataclasses import dataclass
from datetime import date
from statistics import median
from uuid import UUID

import asyncpg
from sqlalchemy import Date, Integer, and_, bindparam, case, func, literal, select, true, type_coerce, union_all

from services.analytics.days import Period
from services.analytics.deals.store import deals
from services.analytics.descriptions.store import described
from services.analytics.funnel import operations as funnel
from services.analytics.funnel.domain import Counted, gather
from services.analytics.funnel.store import DEAL_BY_DEAL
from services.analytics.growth import domain as growth_domain
from services.analytics.growth import operations as growth
from services.analytics.growth.domain import figures
from services.analytics.instalments.store import instalments, payments
from services.analytics.personas import operations as personas
from services.analytics.receivables import operations as receivables
from services.analytics.rollups.store import END, START
from services.kit.database import Database
from services.kit.principal import Principal
from services.kit.sql import Variants
from services.kit.visibility import in_sight, reach
from tests.bench.facts import TENANT, make

CUT_OFF_MS = 10_000.0
"""A scan that a service's connection gives up on after its statement_timeout took at least that long."""
BOSS = Principal(TENANT, UUID(int=1), "BOSS", None)
MANAGER = Principal(TENANT, UUID(int=1), "MANAGER", None, tuple(UUID(f"{100_000 + n:032d}") for n in range(3)))
REP = Principal(TENANT, UUID(f"{1003:032d}"), "REP", None)


async def ask_funnel(tx, first, end):
    return (await funnel.count(tx, "B2B", Period(first, end), 1, "", "", ""))[0]


async def scan_funnel(tx, first, end):
    rows = await tx.fetch(DEAL_BY_DEAL(reach(tx.principal), False, False, False), start=first, end=end, factor=1)
    return gather((Counted(*row) for row in rows), "B2B", 1)


async def ask_growth(tx, first, end):
    return figures(await growth.count(tx, Period(first, end), "", owner_id="", team_id="", product=""), "CNY")


async def scan_growth(tx, first, end):
    rows = await tx.fetch(SCAN_GROWTH(reach(tx.principal)), start=first, end=end)
    return figures((growth_domain.Counted("", *row) for row in rows), "CNY")


async def ask_ageing(tx, first, end):
    found = (await receivables.sum_up(tx, end, Period(first, end), "", ""))["CNY"]
    return [(part.instalments, part.amount) for part in found.buckets.values()]


async def scan_ageing(tx, first, end):
    found = {row[0]: (row[1], row[2]) for row in await tx.fetch(SCAN_AGEING(reach(tx.principal)), as_of=end)}
    return [found.get(place, (0, 0)) for place in range(5)]


async def ask_personas(tx, first, end):
    return sorted(await personas.count(tx, Period(first, end), "", "", None))


async def scan_personas(tx, first, end):
    return sorted(tuple(row) for row in await tx.fetch(SCAN_PERSONAS(reach(tx.principal)), start=first, end=end))


def _scan_personas(how_far):
    d = described.c
    told = func.jsonb_each_text(d["values"]).table_valued("attribute", "value").render_derived().lateral()
    each = union_all(
        select(literal("").label("attribute"), literal("").label("value")),
        select(told.c.attribute, told.c.value).correlate(described),
    ).lateral()
    key = (d.channel, each.c.attribute, each.c.value)
    counted = select(*key, func.count(), func.count().filter(d.signed)).select_from(described.join(each, true()))
    return counted.where(in_sight(described, how_far), d.capture_day >= START, d.capture_day < END).group_by(*key)


def _scan_growth(how_far):
    d = deals.c
    opened = and_(d.open_day >= START, d.open_day < END)
    closed = and_(d.close_day >= START, d.close_day < END)
    days = func.sum(type_coerce(d.close_day - d.open_day, Integer))
    entries = select(literal("OPENED"), d.currency, func.count(), func.sum(d.amount), literal(0))
    exits = select(d.state, d.currency, func.count(), func.sum(d.amount), days)
    return union_all(
        entries.where(in_sight(deals, how_far), opened).group_by(d.currency),
        exits.where(in_sight(deals, how_far), closed).group_by(d.state, d.currency),
    )


def _scan_ageing(how_far):
    i, p = instalments.c, payments.c
    day = bindparam("as_of", type_=Date)
    until = select(p.instalment_id, func.sum(p.amount).label("amount")).where(p.tenant_id == bindparam("tenant_id"))
    paid = until.where(p.day <= day).group_by(p.instalment_id).subquery()
    left = i.amount - func.coalesce(paid.c.amount, 0)
    age = type_coerce(day - i.due_day, Integer)
    bucket = case((age <= 0, 0), (age <= 30, 1), (age <= 60, 2), (age <= 90, 3), else_=4)
    return (
        select(bucket, func.count(), func.sum(left))
        .select_from(instalments.outerjoin(paid, paid.c.instalment_id == i.id))
        .where(in_sight(instalments, how_far), i.sign_day <= day, left > 0)
        .group_by(bucket)
    )


SCAN_GROWTH, SCAN_AGEING = Variants(_scan_growth), Variants(_scan_ageing)
SCAN_PERSONAS = Variants(_scan_personas)
ANSWERS = (
    ("funnel of a week", ask_funnel, scan_funnel, date(2024, 11, 4), date(2024, 11, 11)),
    ("funnel of a month", ask_funnel, scan_funnel, date(2024, 11, 1), date(2024, 12, 1)),
    ("funnel of a quarter", ask_funnel, scan_funnel, date(2024, 7, 1), date(2024, 10, 1)),
    ("funnel of a year", ask_funnel, scan_funnel, date(2024, 1, 1), date(2025, 1, 1)),
    ("growth of 100 days", ask_growth, scan_growth, date(2024, 7, 15), date(2024, 10, 23)),
    ("growth of a year", ask_growth, scan_growth, date(2024, 1, 1), date(2025, 1, 1)),
    ("personas of a quarter", ask_personas, scan_personas, date(2024, 7, 1), date(2024, 10, 1)),
    ("personas of a year", ask_personas, scan_personas, date(2024, 1, 1), date(2025, 1, 1)),
    ("ageing at a month's end", ask_ageing, scan_ageing, date(2024, 8, 1), date(2024, 10, 31)),
)


async def timed(database, who, answer, first, end, times):
    """The answer, and how many milliseconds it took: the median and the 99th percentile."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        async with database.transaction(who, read_only=True) as tx:
            found = await answer(tx, first, end)
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    return found, spent[len(spent) // 2], spent[int(len(spent) * 0.99)]


@dataclass(frozen=True)
class Timed:
    """What one answer takes whom, in milliseconds: from the sums, and from a scan of the facts."""

    name: str
    role: str
    p50: float
    p99: float
    scan: float


async def fill(access, facts):
    """Make facts up; how many there are."""
    owner = await asyncpg.connect(access.owner)
    await owner.execute(f"SET app.tenant = '{TENANT}'")
    began = time.perf_counter()
    made = await make(owner, facts)
    print(f"{made:,} facts and their sums after {time.perf_counter() - began:.0f} s", flush=True)
    await owner.close()
    return made


async def side_by_side(one, other, rounds=5, times=30):
    """What the boss's answers take in one database and in another, by name: medians of rounds in turn.

    So both have whatever else the machine does while it measures.
    """
    databases = [await Database.connect(access.app) for access in (one, other)]
    found = {}
    for name, ask, _, first, end in ANSWERS:
        spent = ([], [])
        for _ in range(rounds):
            for database, medians in zip(databases, spent, strict=True):
                medians.append((await timed(database, BOSS, ask, first, end, times))[1])
        found[name] = median(spent[0]), median(spent[1])
    for database in databases:
        await database.close()
    return found


async def measure(access, facts, times=200):
    """The number of facts made up, and what each answer takes. Fails if sums and scan do not agree."""
    made = await fill(access, facts)
    database = await Database.connect(access.app)
    found = []
    for name, ask, scan, first, end in ANSWERS:
        for who in (BOSS, MANAGER, REP):
            by_sums, p50, p99 = await timed(database, who, ask, first, end, times)
            try:
                by_scan, scanned, _ = await timed(database, who, scan, first, end, 3)
            except asyncpg.QueryCanceledError:
                scanned = CUT_OFF_MS
            else:
                assert by_sums == by_scan, (name, who.role, by_sums, by_scan)
            found.append(Timed(name, who.role, p50, p99, scanned))
    await database.close()
    return made, found
