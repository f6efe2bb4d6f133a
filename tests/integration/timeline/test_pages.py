"""A page of a timeline is read off the end of an index: it costs the same however long the timeline is."""

from dataclasses import replace

import asyncpg
import pytest
from dealtrail.timeline.v1 import entries_pb2 as pb
from sqlalchemy import Uuid, bindparam, select

from services.kit.ids import new_id
from services.kit.page_tokens import sign_with
from services.kit.sql import Query
from services.kit.visibility import reach
from services.timeline.entries.store import entries_table, in_entry_sight, listing

SHORT, LONG = 200, 20_000
FILL = """INSERT INTO entries SELECT $1, gen_random_uuid(), 'PHONE', 'COMMUNICATION',
  now() - n * interval '1 minute', now(), $3, '{}', 'NORMAL', $2, $2, $2, NULL, $2, $3, $4, '{}', 1
FROM generate_series(1, $5) n"""


OTHERS = """INSERT INTO entries SELECT $1, gen_random_uuid(), 'PHONE', 'COMMUNICATION', now(), now(), owner, '{}',
  'NORMAL', account, account, account, NULL, account, owner, account, '{}', 1
FROM (SELECT md5('owner' || n % 40)::uuid owner, md5('account' || n % 100)::uuid account
  FROM generate_series(1, $2) n) made"""
"""A company has many who work accounts, and the planner is told so."""


MIXED = """INSERT INTO entries SELECT $1, gen_random_uuid(), 'PHONE', 'COMMUNICATION', now() - n * interval '1 minute',
  now(), $3, '{}', CASE WHEN random() < 0.2 THEN 'PRIVATE' ELSE 'NORMAL' END, $2, $2, $2, NULL, $2,
  ($4::uuid[])[(random() * 3)::int], ($5::uuid[])[(random() * 3)::int],
  CASE WHEN random() < 0.3 THEN ARRAY[$3::uuid] ELSE '{}' END, 1, random() < 0.2
FROM generate_series(1, 400) n"""


class Plans:
    """A transaction that keeps the plan of every statement it runs, planned as one that is run again and again."""

    def __init__(self, tx):
        self._tx = tx
        self.principal = tx.principal
        self.kept = []

    async def fetch(self, query, **values):
        """Run it as a read runs it: in one trip, the tenant set by the statement itself."""
        text, place = query.alone
        arguments = query.arguments(self._tx._bound | values)
        arguments[place] = self.principal.tenant_id
        connection, name = await self._tx.connected(), f"plan_{len(self.kept)}"
        await connection.execute(f"SET plan_cache_mode = force_generic_plan; PREPARE {name} AS {text}")
        run = f"EXECUTE {name}({', '.join(map(literal, arguments))})"
        self.kept.append((await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {run}"))[0]["Plan"])
        await connection.execute(f"DEALLOCATE {name}; RESET plan_cache_mode")
        return await self._tx.fetch(query, **values)


def literal(value):
    return "'{" + ",".join(map(str, value)) + "}'" if isinstance(value, list | tuple) else f"'{value}'"


def blocks(plan):
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


@pytest.fixture
async def accounts(database, company):
    """A short and a long timeline of the same tenant."""
    sign_with(b"page tokens of this test")
    found = {}
    connection = await asyncpg.connect(database.access.app)
    async with connection.transaction():
        await connection.execute(f"SET LOCAL app.tenant = '{company.boss.tenant_id}'")
        await connection.execute(OTHERS, company.boss.tenant_id, LONG // 4)
        for length in (SHORT, LONG):
            found[length] = new_id()
            mine = (company.boss.tenant_id, found[length], company.rep.user_id, company.rep.team_id, length)
            await connection.execute(FILL, *mine)
    owner = await asyncpg.connect(database.access.owner)
    await owner.execute("ANALYZE entries")
    await connection.close()
    await owner.close()
    return found


async def read(database, who, **fields):
    """The plan of the second page of a timeline."""
    async with database.transaction(who, read_only=True) as tx:
        plans = Plans(tx)
        rows, token = await listing.page(plans, pb.ListTimelineRequest(**fields))
        assert len(rows) == 50
        await listing.page(plans, pb.ListTimelineRequest(**fields, page_token=token))
    return plans.kept[-1]


async def test_a_page_is_read_off_the_end_of_an_index_for_everybody(database, company, accounts):
    read_apart = {company.boss: "entries_account_id", company.manager: "entries_account_team"}
    for who in (company.boss, company.manager, company.rep):
        for path in ("account_id", "lead_id", "deal_id"):
            plan = str(await read(database, who, **{path: str(accounts[LONG])}))
            index = read_apart.get(who, "entries_account_owner") if path == "account_id" else f"entries_{path}"
            assert f"'Index Name': '{index}'" in plan
            assert "Seq Scan" not in plan


async def test_a_rep_who_owns_little_of_a_long_timeline_reads_that_little(database, company, accounts):
    other = replace(company.rep, user_id=new_id())
    for who in (other, replace(company.manager, user_id=new_id(), teams=(new_id(), new_id()))):
        async with database.transaction(who, read_only=True) as tx:
            plans = Plans(tx)
            await listing.page(plans, pb.ListTimelineRequest(account_id=str(accounts[LONG])))
        assert blocks(plans.kept[-1]) < 30


async def test_a_page_of_a_long_timeline_costs_what_one_of_a_short_costs(database, company, accounts):
    for who in (company.boss, company.manager, company.rep):
        short, long = [blocks(await read(database, who, account_id=str(accounts[one]))) for one in (SHORT, LONG)]
        assert long <= short * 1.5


async def test_what_is_read_in_parts_is_what_is_in_sight_each_once(database, company):
    sign_with(b"page tokens of this test")
    tenant, account, me = company.boss.tenant_id, new_id(), company.rep.user_id
    owners, teams = [me, new_id(), new_id()], [company.rep.team_id, new_id(), new_id()]
    connection = await asyncpg.connect(database.access.owner)
    async with connection.transaction():
        await connection.execute(f"SET LOCAL app.tenant = '{tenant}'")
        await connection.execute(MIXED, tenant, account, me, owners, teams)
    await connection.close()
    manager = replace(company.manager, user_id=me, teams=(teams[0], teams[1], teams[1]))
    for who in (company.boss, manager, company.rep):
        seen, token = [], ""
        async with database.transaction(who, read_only=True) as tx:
            wanted = select(entries_table.c.id).where(in_entry_sight(reach(who)))
            of_account = entries_table.c.account_id == bindparam("account", type_=Uuid)
            rows = await tx.fetch(Query(wanted.where(of_account)), account=account)
            while not seen or token:
                request = pb.ListTimelineRequest(account_id=str(account), page_size=7, page_token=token)
                page, token = await listing.page(tx, request)
                seen += [(row["occurred_time"], row["id"]) for row in page]
        assert seen == sorted(seen, reverse=True)
        assert sorted(one for _, one in seen) == sorted(row["id"] for row in rows)
        assert len(seen) > 40
