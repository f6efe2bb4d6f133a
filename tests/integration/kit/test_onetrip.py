"""A transaction of one round trip sees and writes one tenant only, and leaves nothing behind on its connection."""

from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy import bindparam, func, select

from services.kit.database import Database
from services.kit.ids import new_id
from services.kit.onetrip import reading
from services.kit.pages import FIRST, NAMED, STAMPED, STAMPS, WHOLE
from services.kit.sql import Query
from services.kit.testing import Keys, person
from services.kit.vault import MasterKeys
from services.leads.discard_reasons.store import OWN
from services.leads.leads.domain import Lead
from services.leads.leads.store import leads, listing, table

COUNT = Query(select(func.count()).select_from(table).where(table.c.tenant_id == bindparam("tenant_id")))
EVERYWHERE = Query(select(func.count()).select_from(table))


def lead_of(owner):
    return Lead(new_id(), "某某", owner.user_id, owner.team_id, datetime.now(UTC), datetime.now(UTC))


@pytest.fixture
async def database(fresh_database, tmp_path):
    access = await fresh_database("leads")
    opened = await Database.connect(access.app, 1, MasterKeys.read(Keys(tmp_path).master))
    yield opened
    await opened.close()


@pytest.fixture
async def filled(database):
    """Two tenants' bosses with three leads each, written in one round trip each."""
    bosses = person("BOSS"), person("BOSS")
    for boss in bosses:
        async with database.transaction(boss, read_only=True) as tx:
            await tx.vault.tenant_to_seal(tx)  # made, and remembered from now on
        for _ in range(3):
            async with database.transaction(boss) as tx:
                await leads.add(tx, lead_of(boss))
                assert not tx._begun
    return bosses


async def test_a_lone_read_sees_its_own_tenant_only(database, filled):
    for boss in filled:
        async with database.transaction(boss, read_only=True) as tx:
            assert await tx.fetch_value(COUNT) == 3
            assert not tx._begun
    async with database.transaction(person("BOSS"), read_only=True) as tx:
        assert await tx.fetch_value(COUNT) == 0


async def test_a_read_that_names_no_tenant_still_sees_one_only(database, filled):
    assert EVERYWHERE.alone is None
    async with database.transaction(filled[0], read_only=True) as tx:
        assert await tx.fetch_value(EVERYWHERE) == 3


async def test_the_next_statement_on_the_connection_has_no_tenant(database, filled):
    async with database.transaction(filled[0], read_only=True) as tx:
        await tx.fetch(COUNT)
        assert await (await tx.connected()).fetchval("SELECT current_setting('app.tenant', true)") in (None, "")
        assert await (await tx.connected()).fetchval("SELECT count(*) FROM leads") == 0


async def test_a_row_of_another_tenant_is_not_written(database):
    boss, victim = person("BOSS"), person("BOSS")

    async def write():
        async with database.transaction(boss) as tx:
            tx._bound["tenant_id"] = victim.tenant_id
            await leads.add(tx, lead_of(victim))

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await write()
    async with database.transaction(victim, read_only=True) as tx:
        assert await tx.fetch_value(COUNT) == 0


async def test_the_tenant_is_set_before_any_row_is_looked_at_whatever_the_planner_prefers(database, filled):
    """The source that sets the tenant is the outer side of a nested loop, even where other joins are cheaper."""
    queries = [COUNT, OWN, *(leads._get(reach, False) for reach in ("all", "team", "own"))]
    queries += [leads._several(reach) for reach in ("all", "team", "own")]
    shapes = (WHOLE, STAMPED, STAMPS, NAMED)
    for reach in ("all", "team", "own"):
        queries += [listing._variants(reach, (), "create_time desc", FIRST, shape) for shape in shapes]
    async with database.transaction(filled[0], read_only=True) as tx:
        for setting in ("enable_nestloop", "enable_hashjoin"):
            for query in queries:
                assert query.alone
                text, place = query.alone
                given = {"id": new_id(), "ids": [new_id()], "named": [new_id()], "limit": 5}
                values = query.arguments(tx._bound | given)
                values[place] = str(filled[0].tenant_id)
                await (await tx.connected()).execute(f"SET {setting} = off")
                plan = await (await tx.connected()).fetch(f"EXPLAIN (VERBOSE) {text}", *values)
                await (await tx.connected()).execute(f"RESET {setting}")
                lines = [row[0] for row in plan]
                assert "Nested Loop" in "".join(lines[:2]), lines
                outer = next(line for line in lines[1:] if "->" in line)
                assert outer.strip().startswith("->  Result"), lines


def test_what_cannot_be_sent_alone_is_not():
    assert reading("UPDATE x SET y = $1 WHERE tenant_id = $2::UUID", ("y", "tenant_id")) is None
    assert reading("SELECT 1 FROM x WHERE tenant_id = $1::UUID FOR UPDATE", ("tenant_id",)) is None
    assert reading("WITH a AS (SELECT 1) SELECT * FROM a WHERE tenant_id = $1::UUID", ("tenant_id",)) is None
    assert reading("SELECT 1 FROM x", ()) is None
