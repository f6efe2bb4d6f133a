"""Statements find rows by what sets them apart, also in tables that PostgreSQL has not looked at yet."""

import asyncpg
import pytest
from starlette.concurrency import run_in_threadpool

from services.kit.ids import new_id
from services.kit.migrations import upgrade
from services.kit.relay import MARK, OLDEST, PENDING, SESSION

MARKED = "SELECT FROM match_marks WHERE tenant_id = $1 AND mark = ANY ($2::bytea[])"
FILL = """INSERT INTO match_marks (tenant_id, row_id, mark, sign)
SELECT $1, gen_random_uuid(), sha256(n::text::bytea), 'NAME' FROM generate_series(1, 2000) AS n"""
TENANTS = """SELECT stadistinct FROM pg_statistic JOIN pg_attribute ON attrelid = starelid AND attnum = staattnum
WHERE starelid = 'match_marks'::regclass AND attname = 'tenant_id'"""
TELL = """INSERT INTO outbox (tenant_id, event_id, aggregate_id, version, subject, headers, payload, published_at)
SELECT $1, gen_random_uuid(), gen_random_uuid(), 1, 'x', '{}', '', now() FROM generate_series(1, 5000)"""


@pytest.fixture
async def access(fresh_database):
    return await fresh_database("leads")


@pytest.fixture
async def owner(access):
    connection = await asyncpg.connect(access.owner)
    yield connection
    await connection.close()


async def plan(connection, statement):
    """How it is carried out whatever its arguments are: what a connection keeps to."""
    given = ", ".join("NULL" for n in range(1, 10) if f"${n}" in statement)
    await connection.execute(f"SET plan_cache_mode = force_generic_plan; PREPARE sought AS {statement}")
    rows = await connection.fetch("EXPLAIN EXECUTE sought" + (f"({given})" if given else ""))
    await connection.execute("DEALLOCATE sought")
    return "\n".join(row[0] for row in rows)


async def fill(access, owner, table, statement):
    """Rows of one tenant, of which nobody tells PostgreSQL anything."""
    await owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    tenant_id, connection = new_id(), await asyncpg.connect(access.app)
    async with connection.transaction():
        await connection.execute(f"SET LOCAL app.tenant = '{tenant_id}'")
        await connection.execute(statement, tenant_id)
    await connection.close()


async def test_a_tenants_rows_are_not_all_read_for_one_of_them_before_a_table_is_analysed(access, owner):
    await fill(access, owner, "match_marks", FILL)
    assert "match_marks_mark" in await plan(owner, MARKED)


async def test_what_a_table_was_found_to_hold_stands_when_a_database_is_migrated_again(access, owner, postgres):
    await fill(access, owner, "match_marks", FILL)
    await fill(access, owner, "match_marks", FILL)
    await owner.execute("ANALYZE match_marks")
    root = await asyncpg.connect(postgres.url.rpartition("/")[0] + "/" + access.owner.rpartition("/")[2])
    assert await root.fetchval(TENANTS) == 2
    await run_in_threadpool(upgrade, "leads", access.owner)
    assert await root.fetchval(TENANTS) == 2
    await root.close()


async def test_the_relay_reads_nothing_that_is_published(access, owner):
    """Its statements are planned once, when there is nothing yet, and then look for what is new each time."""
    relay = await asyncpg.connect(access.relay, server_settings=SESSION)
    for statement in (PENDING, OLDEST, MARK):
        assert "Index Scan using outbox_unpublished" in await plan(relay, statement)
    await fill(access, owner, "outbox", TELL)
    for statement in (PENDING, OLDEST, MARK):
        assert "Index Scan using outbox_unpublished" in await plan(relay, statement)
    await relay.close()
