"""A page of a timeline is read off the end of an index: it costs the same however long the timeline is."""

import asyncpg
import pytest
from dealtrail.timeline.v1 import entries_pb2 as pb

from services.kit.ids import new_id
from services.kit.pages import sign_with
from services.timeline.entries.store import listing

SHORT, LONG = 200, 20_000
FILL = """INSERT INTO entries SELECT $1, gen_random_uuid(), 'PHONE', 'COMMUNICATION',
  now() - n * interval '1 minute', now(), $3, '{}', 'NORMAL', $2, $2, $2, NULL, $2, $3, $4, '{}', 1
FROM generate_series(1, $5) n"""


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
        connection, name = self._tx._connection, f"plan_{len(self.kept)}"
        await connection.execute(f"SET plan_cache_mode = force_generic_plan; PREPARE {name} AS {text}")
        run = f"EXECUTE {name}({', '.join(map(literal, arguments))})"
        self.kept.append((await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {run}"))[0]["Plan"])
        await connection.execute(f"DEALLOCATE {name}; RESET plan_cache_mode")
        return await self._tx.fetch(query, **values)


def literal(value):
    return "'{" + ",".join(map(str, value)) + "}'" if isinstance(value, list | tuple) else f"'{value}'"


@pytest.fixture
async def accounts(database, company):
    """A short and a long timeline of the same tenant."""
    sign_with(b"page tokens of this test")
    found = {}
    connection = await asyncpg.connect(database.access.app)
    async with connection.transaction():
        await connection.execute(f"SET LOCAL app.tenant = '{company.boss.tenant_id}'")
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
    for who in (company.boss, company.manager, company.rep):
        for path in ("account_id", "lead_id", "deal_id"):
            plan = str(await read(database, who, **{path: str(accounts[LONG])}))
            assert f"'Index Name': 'entries_{path}'" in plan
            assert "Seq Scan" not in plan
            assert "'Sort'" not in plan


async def test_a_page_of_a_long_timeline_costs_what_one_of_a_short_costs(database, company, accounts):
    blocks = {}
    for length in (SHORT, LONG):
        plan = await read(database, company.rep, account_id=str(accounts[length]))
        blocks[length] = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    assert blocks[LONG] <= blocks[SHORT] * 1.5
