"""Whoever reads by id at the same moment shares the trip, and is answered as if he had read alone."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import permutations

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Uuid, any_, bindparam

from services.kit import pool as pool_module
from services.kit.database import Database
from services.kit.errors import NotFound, Unavailable
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.sealing import destroy
from services.kit.sql import Query
from services.kit.store import IDS
from services.kit.testing import Keys, person
from services.kit.together import Together
from services.kit.vault import MasterKeys
from services.kit.visibility import SYSTEM
from services.leads.leads.domain import Lead
from services.leads.leads.store import leads, table
from tests.integration.kit.conftest import eventually

HELD_UP = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


class House:
    """Two tenants with a boss, a manager, two reps and our own consumer each, and leads of every kind of sight."""

    def __init__(self, database, access, masters):
        self.database, self.access, self.masters = database, access, masters
        self.people, self.leads, self.trips = [], [], []

    async def settle(self):
        for name in ("甲", "乙"):
            boss = person("BOSS")
            tenant = boss.tenant_id
            manager = person("MANAGER", tenant)
            rep, other = person("REP", tenant, team=manager.team_id), person("REP", tenant)
            self.people += [boss, manager, rep, other, Principal(tenant, new_id(), SYSTEM, None)]
            kinds: list[tuple[Principal, dict[str, object]]] = [
                (rep, {}),
                (other, {}),
                (rep, {"exclusive": True}),
                (manager, {"exclusive": True}),
                (other, {"collaborators": [rep.user_id]}),
                (other, {"contact_name": "", "attributes": {}}),
                (rep, {"phone": "13800138000"}),
            ]
            for number, (owner, more) in enumerate(kinds):
                about: dict[str, object] = {
                    "contact_name": f"{name}{number}",
                    "attributes": {"爱好": f"{name}茶{number}"},
                }
                lead = Lead(new_id(), f"{name}{number}公司", owner.user_id, owner.team_id, NOW, NOW, **(about | more))
                async with self.database.transaction(owner) as tx:
                    await leads.add(tx, lead)
                self.leads.append(lead.id)
            async with self.database.transaction(boss) as tx:
                await destroy(tx, self.leads[-1:])
        self.leads.append(new_id())
        self.alone = {(who, one): await self.read(who, one) for who in self.people for one in self.leads}

    async def read(self, who, identity):
        """The row as it is read; None if there is none in sight."""
        async with self.database.transaction(who, read_only=True) as tx:
            try:
                return dict(await leads.row(tx, identity))
            except NotFound:
                return None

    async def together(self, asked):
        """What those who ask at the same moment are answered."""
        self.trips.clear()
        return await asyncio.gather(*(self.read(who, one) for who, one in asked))


NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
async def settled(postgres, tmp_path_factory):
    masters = MasterKeys.read(Keys(tmp_path_factory.mktemp("keys")).master)
    async with postgres.fresh("leads") as access:
        database = await Database.connect(access.app, 4, masters)
        made = House(database, access, masters)
        await made.settle()
        yield made
        await database.close()


@pytest.fixture
def house(settled, monkeypatch):
    fetched = Together._fetched

    async def counted(self, query, groups):
        settled.trips.append([len(group) for group in groups])
        return await fetched(self, query, groups)

    monkeypatch.setattr(Together, "_fetched", counted)
    settled.trips.clear()
    return settled


async def fares_alike(house, asked):
    return await house.together(asked) == [house.alone[one] for one in asked]


async def test_no_order_of_askers_shows_one_what_is_anothers(house):
    """Both bosses, both managers and all four reps, each for a rep's exclusive lead and for another tenant's."""
    ours, theirs = house.leads[2], house.leads[9]
    seen = [[who for who in house.people if house.alone[who, one]] for one in (ours, theirs)]
    assert seen == [[house.people[2], house.people[4]], [house.people[7], house.people[9]]]
    for turn, reps in enumerate(permutations((2, 3, 7, 8))):
        order = [*(0, 5, 1, 6)[:: 1 - 2 * (turn % 2)], *reps]
        assert await fares_alike(house, [(house.people[at], one) for at in order for one in (ours, theirs)]), order
        assert sorted(house.trips) == [[2, 2], [2, 2], [2, 2, 2, 2]]


@settings(max_examples=60)
@given(asked=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 14)), min_size=2, max_size=24))
async def test_whatever_is_asked_together_is_answered_as_if_it_was_asked_alone(house, asked):
    assert await fares_alike(house, [(house.people[who], house.leads[one]) for who, one in asked])


async def test_where_conditions_alone_keep_askers_apart(house, monkeypatch):
    """As the role that row-level security lets reach all."""
    monkeypatch.setattr(house, "database", await Database.connect(house.access.owner, 4, house.masters))
    asked = list(house.alone)
    assert await fares_alike(house, asked)
    assert len(house.trips) == 4
    await house.database.close()


async def test_row_level_security_alone_keeps_askers_apart(house):
    """By a statement that asks for ids and nothing else."""
    tenant_bound = bindparam("tenant_id", type_=Uuid).is_not(None)
    anything = Query(leads._all().where(table.c.id == any_(IDS), tenant_bound))
    system = {who.tenant_id: who for who in house.people if who.role == SYSTEM}

    async def found(who, one):
        async with house.database.transaction(who, read_only=True) as tx:
            return await house.database._together.find(anything, tx, one) is not None

    def expected(who, one):
        row = house.alone[system[who.tenant_id], one]
        return row is not None and (not row["exclusive"] or who.role == SYSTEM or row["owner_id"] == who.user_id)

    for asked in (list(house.alone), list(house.alone)[::-1]):
        assert await asyncio.gather(*(found(*one) for one in asked)) == [expected(*one) for one in asked]


async def test_those_who_share_a_trip_take_one_connection(house):
    boss, used = house.people[0], []

    async def look():
        while True:
            used.append(house.database.used)
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    assert await fares_alike(house, [(boss, one) for one in house.leads])
    looking.cancel()
    assert house.trips == [[len(house.leads)]]
    assert max(used) == 1
    assert house.database.used == 0


async def test_no_two_share_what_they_are_given(house):
    one = house.leads[0]
    first, second = await house.together([(house.people[2], one)] * 2)
    assert house.trips == [[1, 1]]
    assert first == second
    assert first["stages"] is not second["stages"]


@asynccontextmanager
async def held_up(house):
    """Three read together and do not get on until the block ends: the three, and a connection besides."""
    owner, other = await asyncpg.connect(house.access.owner), await asyncpg.connect(house.access.app)
    async with owner.transaction():
        await owner.execute("LOCK TABLE leads")
        reading = [asyncio.create_task(house.read(house.people[at], house.leads[1])) for at in (2, 3, 7)]
        await eventually(lambda: other.fetchval(f"SELECT count(*) FROM ({HELD_UP}) AS x"), 1, timeout_s=9)
        yield reading, other
    await owner.close()
    await other.close()


async def test_whoever_leaves_does_not_end_it_for_the_others(house):
    async with held_up(house) as (reading, _):
        reading[0].cancel()
        await asyncio.wait(reading[:1])
    assert await asyncio.gather(*reading[1:]) == [house.alone[house.people[at], house.leads[1]] for at in (3, 7)]
    assert house.trips == [[1, 1, 1]]
    assert house.database.used == 0


@pytest.mark.parametrize("end", ["pg_cancel_backend", "pg_terminate_backend"])
async def test_a_trip_that_fails_fails_nobody(house, end):
    async with held_up(house) as (reading, other):
        await other.execute(f"SELECT {end}(pid) FROM ({HELD_UP}) AS x")
    assert await asyncio.gather(*reading) == [house.alone[house.people[at], house.leads[1]] for at in (2, 3, 7)]
    assert house.database.used == 0


async def test_a_changed_schema_is_noticed_by_whoever_reads_together(house):
    asked = [(house.people[at], house.leads[1]) for at in (2, 3, 7)]
    assert await fares_alike(house, asked)
    owner = await asyncpg.connect(house.access.owner)
    await owner.execute("ALTER TABLE leads ADD COLUMN aside text; ALTER TABLE leads ALTER COLUMN channel TYPE varchar")
    await owner.close()
    assert await fares_alike(house, asked)


async def test_without_a_connection_each_is_told_so(house, monkeypatch):
    asked = [(who, house.leads[0]) for who in house.people]
    held = [await house.database._pool.take() for _ in range(4)]
    with monkeypatch.context() as hurried:
        hurried.setattr(pool_module, "ACQUIRE_S", 0.1)
        told = await asyncio.gather(*(house.read(*one) for one in asked), return_exceptions=True)
    assert {type(one) for one in told} == {Unavailable}
    assert house.database.used == 4
    for connection in held:
        house.database._pool.give_back(connection)
    assert await fares_alike(house, asked)


async def test_who_holds_a_connection_reads_on_it(house):
    """Else all connections might be held by those who wait for one."""
    async with house.database.transaction(house.people[0], read_only=True) as tx:
        held = await tx.connected()
        await asyncio.gather(leads.row(tx, house.leads[0]), house.read(house.people[5], house.leads[7]))
        assert await tx.connected() is held
    assert not house.trips
