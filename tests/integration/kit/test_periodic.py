"""Periodic work: one replica at a time does it, for every tenant, in pieces, and another takes over."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from types import SimpleNamespace

import asyncpg
import pytest
from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Database
from services.kit.ids import new_id
from services.kit.periodic import ALONE, SUCCEEDED, Periodic, Work
from services.kit.testing import person

CUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'dealtrail periodic'"""


@asynccontextmanager
async def replica(access, *works):
    """One process that does these works; cancelled at the end of the block."""
    database = await Database.connect(access.app)
    task = asyncio.create_task(Periodic(access.relay, database, works).run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        await database.close()


async def settle(condition, timeout_s=60):
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


def last_success(name):
    return SUCCEEDED.labels(name)._value.get()


@pytest.fixture
async def access(fresh_database):
    return await fresh_database("leads")


@pytest.fixture
async def tenants(access):
    """Three tenants that have had something to tell."""
    people = [person("BOSS") for _ in range(3)]
    database = await Database.connect(access.app)
    for one in people:
        for _ in range(3):
            async with database.transaction(one) as tx:
                tx.emit(events.LeadQualified(), SimpleNamespace(id=new_id(), version=1))
    await database.close()
    return [one.tenant_id for one in people]


async def test_every_tenant_is_served_in_pieces_until_nothing_is_left(access, tenants):
    pieces = Counter()

    async def piece(tx):
        pieces[tx.principal.tenant_id] += 1
        return pieces[tx.principal.tenant_id] < 4

    async with replica(access, Work("pieces", 3600, piece)):
        await settle(lambda: last_success("pieces"))
    assert pieces == dict.fromkeys(tenants, 4)


async def test_of_two_replicas_one_works_and_the_other_takes_over(access, tenants):
    rounds = {"one": 0, "two": 0}

    def work(name):
        async def piece(tx):
            rounds[name] += 1
            return False

        return Work(f"over-{name}", 0.0, piece)

    async with replica(access, work("two")) as second:
        await settle(lambda: rounds["two"])
        async with replica(access, work("one")):
            await asyncio.sleep(1.5)
            assert rounds["one"] == 0
            second.cancel()
            await settle(lambda: rounds["one"])


async def test_a_leader_whose_connection_is_cut_works_again(access, tenants):
    done = Counter()

    async def piece(tx):
        done[tx.principal.tenant_id] += 1
        return False

    async with replica(access, Work("cut", 0.0, piece)):
        await settle(lambda: len(done) == 3)
        connection = await asyncpg.connect(access.relay)
        await connection.execute(CUT)
        await connection.close()
        done.clear()
        await settle(lambda: len(done) == 3)


async def test_a_piece_is_left_alone_while_somebody_else_is_at_it(access, tenants):
    done = []

    async def piece(tx):
        done.append(tx.principal.tenant_id)
        return False

    busy, work = tenants[0], Work("alone", 3600, piece)
    database = await Database.connect(access.app)
    async with database.transaction(person("BOSS", busy)) as tx:
        assert await tx.fetch_value(ALONE, work=f"dealtrail.periodic alone {busy}")
        async with replica(access, work):
            await settle(lambda: last_success("alone"))
    await database.close()
    assert sorted(done) == sorted(set(tenants) - {busy})


async def test_a_tenant_whose_work_fails_keeps_nobody_else_from_theirs_and_is_seen(access, tenants):
    done = []

    async def piece(tx):
        if tx.principal.tenant_id == tenants[1]:
            raise RuntimeError("a fault")
        done.append(tx.principal.tenant_id)
        return False

    async with replica(access, Work("faulty", 3600, piece)):
        await settle(lambda: len(done) == 2)
        await asyncio.sleep(0.1)
    assert last_success("faulty") == 0
