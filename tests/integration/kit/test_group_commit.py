"""Writes that end at the same moment share a commit, and each fares as if it had been alone."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit import group_commit
from services.kit import pool as pool_module
from services.kit.database import Database
from services.kit.errors import Unavailable
from services.kit.group_commit import TRIPS, GroupCommit, Write
from services.kit.ids import new_id
from services.kit.pool import Pool
from services.kit.testing import Keys, person
from services.kit.vault import MasterKeys
from services.leads.leads.domain import Lead
from services.leads.leads.store import leads
from tests.integration.kit.conftest import eventually

NOW = datetime.now(UTC)
HELD_UP = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
TAKE = """CREATE OR REPLACE FUNCTION take(turns bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE turn bigint;
BEGIN
    FOREACH turn IN ARRAY turns LOOP PERFORM pg_advisory_xact_lock(turn); END LOOP;
    PERFORM pg_sleep(0.05);
END $$"""


def lead_of(owner, identity=None):
    return Lead(identity or new_id(), "某某", owner.user_id, owner.team_id, NOW, NOW)


class House:
    """A database, two people of one tenant and one of another; `trips` are the sizes of what was sent."""

    def __init__(self, access, database):
        self.access, self.database, self.trips = access, database, []
        self.boss = person("BOSS")
        self.rep, self.stranger = person("REP", self.boss.tenant_id), person("BOSS")

    async def add(self, who, identity=None, owner=None):
        async with self.database.transaction(who) as tx:
            await leads.add(tx, lead_of(owner or who, identity))

    async def rows(self):
        """Who owns which lead, as the table says."""
        connection = await asyncpg.connect(self.access.owner)
        found = await connection.fetch("SELECT id, owner_id, tenant_id FROM leads")
        await connection.close()
        return {row["id"]: (row["owner_id"], row["tenant_id"]) for row in found}


@pytest.fixture(scope="module")
async def settled(postgres, tmp_path_factory):
    masters = MasterKeys.read(Keys(tmp_path_factory.mktemp("keys")).master)
    async with postgres.fresh("leads") as access:
        database = await Database.connect(access.app, 4, masters)
        made = House(access, database)
        for who in (made.boss, made.stranger):
            async with database.transaction(who, read_only=True) as tx:
                await tx.vault.tenant_to_seal(tx)  # made, and remembered from now on
        yield made
        await database.close()


@pytest.fixture
def house(settled, monkeypatch):
    send = GroupCommit._send

    async def counted(self, text, sets):
        settled.trips.append(len(sets))
        await send(self, text, sets)

    monkeypatch.setattr(GroupCommit, "_send", counted)
    settled.trips.clear()
    return settled


async def test_those_of_one_tenant_share_a_commit_and_each_writes_his_own(house):
    ids = [new_id() for _ in range(6)]
    people = [house.boss, house.rep, house.stranger] * 2
    await asyncio.gather(*(house.add(*one) for one in zip(people, ids, strict=True)))
    assert sorted(house.trips) == [2, 4]
    rows = await house.rows()
    assert [rows[one] for one in ids] == [(who.user_id, who.tenant_id) for who in people]


async def test_one_that_fails_undoes_none_of_the_others(house):
    """The second of one id is told so; a row of another tenant is refused to whoever writes it."""
    ids = [new_id() for _ in range(4)]

    async def intrude():
        async with house.database.transaction(house.boss) as tx:
            tx._bound["tenant_id"] = house.stranger.tenant_id
            await leads.add(tx, lead_of(house.stranger, ids[3]))

    adding = [house.add(house.boss, one) for one in (ids[0], ids[1], ids[0], ids[2])]
    told = await asyncio.gather(*adding, intrude(), return_exceptions=True)
    kinds = [type(one) for one in told]
    assert sorted(kinds[:3:2], key=str) == [type(None), asyncpg.UniqueViolationError]
    assert [kinds[1], *kinds[3:]] == [type(None), type(None), asyncpg.InsufficientPrivilegeError]
    assert house.trips == [5, 1, 1, 1, 1, 1]
    assert [one in await house.rows() for one in ids] == [True, True, True, False]


@settings(max_examples=40, deadline=None)
@given(asked=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=2, max_size=20))
async def test_each_id_is_added_once_by_one_who_is_told_so(house, asked):
    ids, people = [new_id() for _ in range(6)], [house.boss, house.rep]
    adding = [house.add(people[who], ids[one]) for who, one in asked]
    told = await asyncio.gather(*adding, return_exceptions=True)
    assert {type(one) for one in told} <= {type(None), asyncpg.UniqueViolationError}
    done = [(ids[one], people[who].user_id) for (who, one), said in zip(asked, told, strict=True) if said is None]
    assert len(done) == len({one for _, one in asked})
    rows = await house.rows()
    assert {one: owner for one, (owner, _) in rows.items() if one in ids} == dict(done)


@pytest.fixture
async def gate(house):
    """Holds all writes of leads until it is opened."""
    connection = await asyncpg.connect(house.access.owner)
    closed = connection.transaction()
    await closed.start()
    await connection.execute("LOCK TABLE leads IN EXCLUSIVE MODE")
    yield closed
    await connection.close()


async def held_up(house, count):
    connection = await asyncpg.connect(house.access.app)
    await eventually(lambda: connection.fetchval(HELD_UP), count, timeout_s=9)
    return connection


async def test_while_enough_are_under_way_the_others_gather(house, gate):
    adding = []
    for number in range(1, TRIPS + 4):
        adding.append(asyncio.create_task(house.add(house.boss)))
        looker = await held_up(house, min(number, TRIPS))
        await looker.close()
    assert house.trips == [1] * TRIPS
    await gate.commit()
    await asyncio.gather(*adding)
    assert house.trips == [*[1] * TRIPS, 3]


async def test_whoever_leaves_does_not_end_it_for_the_others(house, gate):
    ids = [new_id() for _ in range(3)]
    adding = [asyncio.create_task(house.add(house.boss, one)) for one in ids]
    looker = await held_up(house, 1)
    adding[0].cancel()
    told_before, _ = await asyncio.wait(adding[:1], timeout=0.3)
    await gate.commit()
    told = await asyncio.gather(*adding, return_exceptions=True)
    await looker.close()
    assert not told_before
    assert [type(one) for one in told] == [asyncio.CancelledError, type(None), type(None)]
    assert house.trips == [3]
    assert set(ids) <= (await house.rows()).keys()


async def test_where_nobody_knows_whether_they_are_committed_nobody_does_them_again(house, gate):
    ids = [new_id() for _ in range(3)]
    adding = [asyncio.create_task(house.add(house.boss, one)) for one in ids]
    looker = await held_up(house, 1)
    await looker.execute(f"SELECT pg_terminate_backend(pid) FROM ({HELD_UP.replace('count(*)', 'pid')}) AS x")
    told = await asyncio.gather(*adding, return_exceptions=True)
    await looker.close()
    await gate.commit()
    assert [type(one) for one in told] == [Unavailable] * 3
    assert len({id(one) for one in told}) == 3
    assert house.trips == [3]
    assert not set(ids) & (await house.rows()).keys()


async def test_a_changed_schema_is_noticed_by_whoever_writes_together(house):
    await asyncio.gather(*(house.add(house.boss) for _ in range(3)))
    owner = await asyncpg.connect(house.access.owner)
    await owner.execute("ALTER TABLE leads ALTER COLUMN channel TYPE varchar")
    await owner.close()
    ids = [new_id() for _ in range(3)]
    await asyncio.gather(*(house.add(house.boss, one) for one in ids))
    assert set(ids) <= (await house.rows()).keys()


async def test_without_a_connection_each_is_told_so(house, monkeypatch):
    held = [await house.database._pool.take() for _ in range(4)]
    with monkeypatch.context() as hurried:
        hurried.setattr(pool_module, "ACQUIRE_S", 0.1)
        told = await asyncio.gather(*(house.add(house.boss) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in told] == [Unavailable] * 3
    for connection in held:
        house.database._pool.give_back(connection)
    await house.add(house.boss)


async def test_who_holds_a_connection_writes_on_it(house):
    """Else all connections might be held by those who wait for one."""
    async with house.database.transaction(house.boss) as tx:
        held = await tx.connected()
        await leads.add(tx, lead_of(house.boss))
    assert not house.trips
    assert house.database._pool.free() is held
    house.database._pool.give_back(held)


async def crosses_without_waiting_for_each_other(house):
    """Whether two groups that take the same turns, each in another order, are done as they went."""
    owner = await asyncpg.connect(house.access.owner)
    await owner.execute(TAKE)
    await owner.close()
    pools = [Pool(house.access.app, 1, {}) for _ in range(2)]
    writes = [Write("SELECT take($1::bigint[])", [turns], (0,)) for turns in ([1], [2], [2], [1])]
    for number, group in enumerate((writes[:2], writes[2:])):
        together = GroupCommit(pools[number])
        for one in group:
            together.commit(house.boss.tenant_id, one)
    await asyncio.gather(*(one.outcome for one in writes))
    for pool in pools:
        await pool.close()
    return house.trips == [2, 2]


async def test_no_two_groups_wait_for_each_others_turns(house):
    assert await crosses_without_waiting_for_each_other(house)


async def test_groups_whose_first_does_not_take_all_turns_are_found_out(house, monkeypatch):
    monkeypatch.setattr(group_commit, "_in_turn", lambda writes: [one.arguments for one in writes])
    assert not await crosses_without_waiting_for_each_other(house)
