"""Servers that are neither there nor gone: nothing waits for them for ever, and what was on its way comes again."""

import asyncio
import time
from urllib.parse import urlsplit, urlunsplit

import nats
import pytest

from services.kit import streams, transaction
from services.kit.database import Database
from services.kit.errors import Unavailable
from services.kit.relay import Relay
from tests.chaos.proxy import HOST, Wire
from tests.integration.kit.conftest import eventually, thing


def over(url, wire):
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{HOST}:{wire.port}"))


@pytest.fixture
async def wire_to():
    wires = []

    async def make(url):
        wires.append(Wire(urlsplit(url).port))
        await wires[-1].start()
        return wires[-1]

    yield make
    for wire in wires:
        await wire.stop()


async def ambiguous(tenant, database, wire):
    """A commit of which no answer comes."""
    async with database.transaction(tenant) as tx:
        await tx.begin()
        wire.swallow()


async def cancelled(tenant, database, wire):
    """A caller who leaves while no answer comes."""
    async with asyncio.timeout(0.5), database.transaction(tenant) as tx:
        await tx.begin()
        wire.swallow()
        await tx.savepoint("unheard")


@pytest.mark.parametrize(("leave", "told"), [(ambiguous, Unavailable), (cancelled, TimeoutError)])
async def test_a_transaction_ends_though_postgresql_does_not_answer(road, wire_to, monkeypatch, leave, told):
    monkeypatch.setattr(transaction, "ENDING_S", 1)
    wire = await wire_to(road.access.app)
    database = await Database.connect(over(road.access.app, wire), 1)
    began = time.monotonic()
    with pytest.raises(told):
        await leave(road.tenant, database, wire)
    assert time.monotonic() - began < 20
    wire.cut()
    wire.mend()
    await road.emit(database=database)
    await database.close()


async def test_a_transaction_whose_server_goes_away_may_be_tried_again(road):
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with pytest.raises(Unavailable):
        await cut_off(road, f"{cut} AND datname = current_database() AND usename = current_user")
    assert len(await road.emit()) == 1


async def cut_off(road, cut):
    async with road.database.transaction(road.tenant) as tx:
        await tx.begin()
        await road.rows(cut, road.access.app)
        await tx.savepoint("too_late")


async def test_a_relay_goes_on_after_a_fault_of_its_own(road):
    class Faulty(Relay):
        faults = 2

        async def publish_pending(self, connection):
            if self.faults:
                self.faults -= 1
                raise ArithmeticError("a fault that nobody foresaw")
            return await super().publish_pending(connection)

    road.relay(Faulty)
    await road.emit()
    await eventually(road.unpublished, 0)


async def test_what_was_on_its_way_when_the_connection_broke_comes_again_soon(road, wire_to):
    road.relay()
    told = await road.emit()
    wire = await wire_to(road.broker.url)
    road.client = await nats.connect(over(road.broker.url, wire), max_reconnect_attempts=-1, reconnect_time_wait=0.1)
    road.consumer()
    await eventually(road.counted, told)
    wire.swallow()
    told += await road.emit(*(thing() for _ in range(5)))
    await eventually(road.unpublished, 0)
    await asyncio.sleep(0.5)
    wire.cut()
    wire.mend()
    await eventually(road.counted, told, timeout_s=0.8 * streams.ACK_WAIT_S)
    await road.client.close()
