"""Connections are few, are handed on in turn, and carry nothing from one transaction into the next."""

import asyncio

import asyncpg
import pytest

from services.kit import pool as pool_module
from services.kit.database import SESSION, Database
from services.kit.pool import Pool
from tests.integration.kit.conftest import COUNTED, eventually, thing

PATIENCE_S = 30


@pytest.fixture
async def pool(road):
    made = Pool(road.access.app, 2, SESSION)
    yield made
    await made.close()


async def taken(pool):
    return pool.free() or await pool.wait(PATIENCE_S)


async def test_those_who_wait_get_connections_in_the_order_in_which_they_came(pool):
    first, second = await taken(pool), await taken(pool)
    order = []

    async def work(name):
        connection = await pool.wait(PATIENCE_S)
        order.append(name)
        await connection.execute("SELECT 1")
        pool.give_back(connection)

    waiting = []
    for name in range(5):
        waiting.append(asyncio.create_task(work(name)))
        await asyncio.sleep(0)
    assert pool.used == 2
    pool.give_back(first)
    pool.give_back(second)
    await asyncio.gather(*waiting)
    assert order == [0, 1, 2, 3, 4]
    assert pool.used == 0


async def test_a_connection_is_not_lost_with_whom_it_was_handed_to(pool):
    held = [await taken(pool), await taken(pool)]
    leaving, staying = (asyncio.create_task(pool.wait(PATIENCE_S)) for _ in range(2))
    await asyncio.sleep(0.01)
    pool.give_back(held.pop())
    leaving.cancel()  # in the same turn of the loop: it has the connection and does not know yet
    connection = await staying
    assert await connection.fetchval("SELECT 1") == 1
    pool.give_back(connection)
    pool.give_back(held.pop())
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert pool.used == 0


async def test_nobody_goes_on_with_the_transaction_of_another(pool):
    connection = await taken(pool)
    await connection.execute("BEGIN; SET LOCAL app.tenant = 'somebody'")
    pool.give_back(connection)
    assert connection.is_closed()
    fresh = await taken(pool)
    assert not await fresh.fetchval("SELECT current_setting('app.tenant', true)")
    pool.give_back(fresh)


async def test_a_broken_connection_makes_room_for_another(pool):
    held = [await taken(pool), await taken(pool)]
    waiting = asyncio.create_task(pool.wait(PATIENCE_S))
    await asyncio.sleep(0.01)
    held[0].terminate()
    pool.give_back(held[0])
    fresh = await waiting
    assert await fresh.fetchval("SELECT 1") == 1
    pool.give_back(fresh)
    pool.give_back(held[1])


async def test_an_idle_connection_that_broke_is_not_given_out(pool):
    connection = await taken(pool)
    pool.give_back(connection)
    connection.terminate()
    fresh = await taken(pool)
    assert fresh is not connection
    assert pool.used == 1
    pool.give_back(fresh)


async def test_what_nobody_uses_is_closed(pool, monkeypatch):
    monkeypatch.setattr(pool_module, "LOOK_S", 0.05)
    monkeypatch.setattr(pool_module, "IDLE_S", 0.1)
    connection = await taken(pool)
    pool.give_back(connection)
    await eventually(lambda: asyncio.sleep(0, connection.is_closed()), True)


async def test_nothing_is_prepared_by_an_outdated_schema(road):
    async def connection(error):
        async with database.transaction(road.tenant) as tx:
            used.append(await tx.connected())
            await tx.execute(COUNTED, t=road.tenant.tenant_id, e=thing().id, a=thing().id, v=1)
            if error:
                raise error

    used = []
    database = await Database.connect(road.access.app, 1)
    with pytest.raises(asyncpg.InvalidCachedStatementError):
        await connection(asyncpg.InvalidCachedStatementError("cached plan must not change result type"))
    await connection(None)
    assert used[0].is_closed()
    await database.close()


async def test_a_statement_that_was_cancelled_does_not_end_the_next_one(road):
    database = await Database.connect(road.access.app, 1)
    for _ in range(20):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02), database.transaction(road.tenant, read_only=True) as tx:
                await (await tx.connected()).fetch("SELECT pg_sleep(1)")
        async with database.transaction(road.tenant, read_only=True) as tx:
            assert await (await tx.connected()).fetchval("SELECT 1") == 1
    await database.close()


async def test_a_closed_pool_gives_nothing_out(road):
    pool = Pool(road.access.app, 1, SESSION)
    held = await taken(pool)
    waiting = asyncio.create_task(pool.wait(PATIENCE_S))
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(pool.close())
    with pytest.raises(ConnectionError):
        await waiting
    assert not closing.done()
    pool.give_back(held)
    await closing
    assert held.is_closed()
