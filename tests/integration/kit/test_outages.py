"""What a caller is told of each fault of PostgreSQL and of the way there: that the same may be tried again."""

import asyncio

import asyncpg
import pytest
from grpc import StatusCode
from grpc.aio import AioRpcError
from sqlalchemy import Uuid, bindparam, select, text

from services.kit import outages, pool
from services.kit.client import channel
from services.kit.database import Database
from services.kit.errors import Expired, Unavailable
from services.kit.gather import Gatherer
from services.kit.sql import Query
from services.kit.tables import outbox
from tests.integration.kit.test_out_of_reach import over, wire_to

__all__ = ["wire_to"]

HELD_UP = Query(text("SELECT set_config('idle_in_transaction_session_timeout', '50', true)"))
IN_TIME = Query(text("SELECT set_config('statement_timeout', '50', true)"))
SLEEP = Query(text("SELECT pg_sleep(1)"))
CUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database() AND usename = current_user"""
SLOW_S = 0.02
OF_ID = Query(select(outbox.c.id).where(outbox.c.event_id == bindparam("event_id", type_=Uuid)))


async def told_of_cuts(road, wire_to):
    """What transactions are told whose connection breaks at one stage or another of its being made."""
    wire = await wire_to(road.access.app)
    database = await Database.connect(over(road.access.app, wire), 1)
    told = []
    for stage in range(1, 12):
        wire.slow(SLOW_S)
        entering = asyncio.create_task(_enter(database._pool))
        await asyncio.sleep(SLOW_S * stage)
        wire.cut()
        told.append(await entering)
    wire.mend()
    await database.close()
    return {type(one) for one in told} - {type(None)}


async def within(road, work):
    async with road.database.transaction(road.tenant) as tx:
        await work(tx)


async def _enter(connections):
    try:
        connections.give_back(await connections.take())
    except Exception as error:
        return error


async def test_a_connection_that_breaks_while_it_is_made_may_be_tried_again(road, wire_to):
    assert await told_of_cuts(road, wire_to) == {Unavailable}


async def test_an_entrance_that_knows_refused_connections_only_is_found_out(road, wire_to, monkeypatch):
    monkeypatch.setattr(pool, "NO_CONNECTION", (TimeoutError, OSError, asyncpg.CannotConnectNowError))
    assert asyncpg.ConnectionDoesNotExistError in await told_of_cuts(road, wire_to)


async def test_a_transaction_that_was_held_up_longer_than_the_server_waits_may_be_tried_again(road):
    async def held_up(tx):
        await tx.execute(HELD_UP)
        await asyncio.sleep(0.3)
        await tx.savepoint("too_late")

    with pytest.raises(Unavailable):
        await within(road, held_up)
    await road.emit()


async def test_a_server_that_became_a_standby_is_left_and_asked_for_anew(road):
    await road.emit()
    for connection, _ in road.database._pool._idle:
        await connection.execute("SET default_transaction_read_only = on")
    with pytest.raises(Unavailable):
        await road.emit()
    await road.emit()


async def test_a_statement_that_took_too_long_is_overdue_also_outside_of_a_call(road):
    async def sleep(tx):
        await tx.execute(IN_TIME)
        await tx.fetch(SLEEP)

    with pytest.raises(asyncpg.QueryCanceledError) as late:
        await within(road, sleep)
    assert isinstance(outages.refusal(late.value), Expired)


async def test_an_argument_that_cannot_be_sent_is_a_mistake_and_not_an_outage(road):
    with pytest.raises(asyncpg.DataError) as mistaken:
        await within(road, lambda tx: tx.fetch(OF_ID, event_id=object()))
    assert outages.refusal(mistaken.value) is None


async def test_what_is_told_of_a_refusal_is_not_hidden_by_a_connection_that_broke_after_it(road):
    async def refuse(tx):
        await tx.begin()
        await road.rows(CUT, road.access.app)
        raise Expired

    with pytest.raises(Expired):
        await within(road, refuse)


async def test_a_call_after_the_channel_was_closed_is_told_to_try_again():
    peer = Gatherer(channel("127.0.0.1:1"))
    await peer.close()
    with pytest.raises(AioRpcError) as told:
        await peer("/test.Test/Echo", b"", (), 1)
    assert told.value.code() is StatusCode.UNAVAILABLE
