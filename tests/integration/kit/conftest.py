"""A road for events of the test's own: an outbox, a broker, and a projection that counts what was applied."""

import asyncio
import os
import signal
import subprocess
import time
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from uuid import UUID

import asyncpg
import nats
import pytest
from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import leads_pb2
from sqlalchemy import text

from deploy.local.servers import Nats, free_ports
from services.kit import streams
from services.kit.database import Database
from services.kit.events import Subscriptions
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.readers import Readers
from services.kit.relay import Relay
from services.kit.sql import Query

COUNTED = Query(text("INSERT INTO counted (tenant_id, event_id, aggregate_id, version) VALUES (:t, :e, :a, :v)"))


class Broker:
    """A real nats-server that can be killed and started again on its data."""

    def __init__(self, folder):
        (port,) = free_ports(1)
        self._server = Nats(folder, port, durable=False)
        self._process = None
        self.url = self._server.url

    def start(self):
        self._server.home.mkdir(exist_ok=True)
        self._server.prepare()
        program = self._server.program()
        self._process = subprocess.Popen(
            program.command, env=os.environ | dict(program.environment), stderr=subprocess.DEVNULL
        )
        while not self._server.ready():
            time.sleep(0.02)

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


class Road:
    """The parts of the road; what is begun here ends with the test."""

    def __init__(self, stack, access, broker, client):
        self.access, self.broker, self.client = access, broker, client
        self.tenant = Principal(new_id(), new_id(), "BOSS", None)
        self._stack = stack

    async def open(self):
        self.database = await Database.connect(self.access.app)
        self._stack.push_async_callback(self.database.close)
        owner = await asyncpg.connect(self.access.owner)
        await owner.execute(
            "CREATE TABLE counted (tenant_id uuid, event_id uuid, aggregate_id uuid, version bigint, nth serial);"
            "GRANT USAGE ON counted_nth_seq TO PUBLIC"
        )
        await owner.close()
        await streams.ensure_stream(self.client, "leads")

    async def emit(self, *aggregates, database=None, fail=False, tenant=None):
        """Commit one event an aggregate in one transaction; their ids."""
        async with (database or self.database).transaction(tenant or self.tenant) as tx:
            for aggregate in aggregates or (thing(),):
                tx.emit(events.LeadQualified(lead=leads_pb2.Lead(id=str(aggregate.id))), aggregate)
            told = [message.event_id for message in tx.events]
            if fail:
                raise RuntimeError("rolled back")
        return told

    def relay(self, kind=Relay):
        """A relay at work."""
        one = kind(self.access.relay, self.client, "leads", self.database.committed)
        one.task = self._run(one.run())
        return one

    def consumer(self, handler=None, partitions=1):
        """Readers at work, as one process has them, which count what they apply unless told otherwise."""
        subscriptions = Subscriptions("counting")
        subscriptions.on(events.LeadQualified)(handler or count)
        one = Readers(self.database, self.access.app, self.client, subscriptions, partitions)
        one.task = self._run(one.run())
        return one

    def _run(self, work):
        task = asyncio.create_task(work)

        async def end():
            while not task.done():
                # More than once, as Process does: wait_for of Python 3.11 can swallow a cancellation.
                task.cancel()
                await asyncio.wait([task], timeout=1)

        self._stack.push_async_callback(end)
        return task

    async def stream(self):
        """The events in the stream, in its order."""
        js = self.client.jetstream()
        state = (await js.stream_info("leads")).state
        messages = [await js.get_msg("leads", seq) for seq in range(max(state.first_seq, 1), state.last_seq + 1)]
        return [UUID(message.headers["ce-id"]) for message in messages]

    async def rows(self, query, url=None):
        """What a query finds, as the owner of the tables unless told otherwise."""
        connection = await asyncpg.connect(url or self.access.owner)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    async def counted(self):
        """The events that were applied, in the order of applying."""
        return [row["event_id"] for row in await self.rows("SELECT event_id FROM counted ORDER BY nth")]

    async def unpublished(self):
        """How many events wait in the outbox."""
        return (await self.rows("SELECT count(*) AS n FROM outbox WHERE published_at IS NULL"))[0]["n"]


def thing(version=1, identity=None):
    """An aggregate, as far as events must know."""
    return SimpleNamespace(id=identity or new_id(), version=version)


async def count(tx, event, envelope):
    """Note that an event was applied."""
    values = {"t": envelope.tenant_id, "e": envelope.id, "a": envelope.aggregate_id, "v": envelope.version}
    await tx.execute(COUNTED, **values)


async def eventually(found, expected, timeout_s=60):
    """Wait until `await found()` is `expected`."""
    end = time.monotonic() + timeout_s
    while (last := await found()) != expected:
        assert time.monotonic() < end, f"waited in vain: {last!r} is not {expected!r}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def broker_in(folder):
    broker = Broker(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


@pytest.fixture
async def road(fresh_database, tmp_path):
    """A road that lies open: nothing moves on it until a relay and a consumer are begun."""
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(broker_in(tmp_path / "broker"))
        client = await nats.connect(broker.url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
        stack.push_async_callback(client.close)
        found = Road(stack, await fresh_database("leads"), broker, client)
        await found.open()
        yield found
