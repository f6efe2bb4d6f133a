"""From JetStream to a service's inbox: one reader a service and stream, which outlives every server that it needs."""

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress
from typing import Any

import asyncpg
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from services.kit import telemetry
from services.kit.database import Database
from services.kit.errors import Unavailable
from services.kit.events import Subscriptions
from services.kit.inbox import Inbox
from services.kit.streams import ensure_consumer, ensure_stream, reclaim, unapplied

log = logging.getLogger(__name__)

LOCK = "SELECT pg_try_advisory_lock(hashtext($1))"
BATCH = 256
EXPIRES_S = 5
GATHER_S = 0.02
"""From one transaction to the next: an event that comes alone is applied at once, those that come thick together."""
LAG_EVERY_S = 5


class Consumer:
    """One service's durable reader of one stream. Run as many as you like: one reads, so order is kept."""

    def __init__(self, database: Database, url: str, client: Client, subscriptions: Subscriptions, stream: str) -> None:
        self._inbox = Inbox(database, subscriptions)
        self._url = url
        self._client = client
        self._subscriptions = subscriptions
        self._stream = stream
        self._name = subscriptions.name

    async def run(self) -> None:
        """Until cancelled: read if nobody else does."""
        watching = asyncio.create_task(self._watch_lag())
        try:
            while True:
                try:
                    await self._term()
                except (NatsError, Unavailable) as error:  # first, for its TimeoutError is an OSError too
                    log.warning("consumer cannot read", extra={"stream": self._stream, "error": repr(error)})
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                    log.warning("consumer lost its database", extra={"stream": self._stream, "error": repr(error)})
                except Exception:
                    # Nobody would start us again: a fault of ours must not end the road.
                    log.exception("consumer failed", extra={"stream": self._stream})
                await asyncio.sleep(0.5)
        finally:
            watching.cancel()

    async def _watch_lag(self) -> None:
        """Measure what waits, whether or not we can read: a consumer that stands still is the one to hear of."""
        lag = telemetry.CONSUMER_LAG.labels(self._name, self._stream)
        while True:
            with suppress(NatsError, TimeoutError):
                lag.set(await unapplied(self._client, self._stream, self._name))
            await asyncio.sleep(LAG_EVERY_S)

    async def _term(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=5, command_timeout=15)
        try:
            mine = f"dealtrail.consumer.{self._name}.{self._stream}"
            while not await connection.fetchval(LOCK, mine):  # noqa: ASYNC110 - another process holds it
                await asyncio.sleep(1)
            await ensure_stream(self._client, self._stream)
            subjects = self._subscriptions.streams()[self._stream]
            await ensure_consumer(self._client, self._stream, self._name, subjects)
            await reclaim(self._client, self._stream, self._name)
            await self._read(connection)
        finally:
            await connection.close(timeout=2)

    async def _read(self, lock: Any) -> None:
        """Keep pull requests open: an event arrives the moment it is stored, the next while one is applied."""
        pull = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}"
        ask = orjson.dumps({"batch": BATCH, "expires": EXPIRES_S * 1_000_000_000})
        arrivals = _Arrivals()
        reply = self._client.new_inbox()
        subscription = await self._client.subscribe(reply, cb=arrivals.add)
        batch: list[Msg] = []
        owed = 0
        connections = self._client.stats["reconnects"]
        try:
            while True:
                if self._client.stats["reconnects"] != connections:
                    # What was on its way and what was acknowledged on the old connection may be lost: begin anew.
                    raise NatsError("the connection was made anew")
                if owed <= BATCH // 2:
                    await self._client.publish(pull, ask, reply=reply)
                    owed += BATCH
                batch = await arrivals.take()
                next_round = time.monotonic() + GATHER_S
                deliveries = [message for message in batch if message.reply]
                owed -= len(deliveries)
                if deliveries:
                    await self._inbox.apply(deliveries)
                    if len(deliveries) < BATCH:
                        await asyncio.sleep(next_round - time.monotonic())
                if len(deliveries) < len(batch):
                    owed = 0
                    self._heed([message for message in batch if not message.reply])
                if not deliveries:
                    # The request has ended, with its server or without: ask again, and see that we still lead.
                    await lock.execute("SELECT 1")
                    owed = 0
        finally:
            with suppress(NatsError):
                await subscription.unsubscribe()
                await _give_back([*batch, *arrivals.left()])

    def _heed(self, statuses: list[Msg]) -> None:
        """What the server says instead of an event: 408 and 404 are the end of a request, all else is trouble."""
        for message in statuses:
            status = (message.headers or {}).get("Status", "503")
            if status not in ("404", "408"):
                raise NatsError(f"pull request ended with {status}")


class _Arrivals:
    """What a subscription has received and nobody has taken yet."""

    def __init__(self) -> None:
        self._held: deque[Msg] = deque()
        self._some = asyncio.Event()

    async def add(self, message: Msg) -> None:
        self._held.append(message)
        self._some.set()

    async def take(self) -> list[Msg]:
        """What has arrived, or arrives while a pull request is open; nothing if nothing does."""
        try:
            async with asyncio.timeout(EXPIRES_S + 1):
                await self._some.wait()
        except TimeoutError:
            return []
        taken = [self._held.popleft() for _ in range(min(len(self._held), BATCH))]
        if not self._held:
            self._some.clear()
        return taken

    def left(self) -> list[Msg]:
        """All that was not taken."""
        return list(self._held)


async def _give_back(messages: list[Msg]) -> None:
    """Return what was not applied, so that it comes again now and not when its time to be acknowledged is over."""
    for message in messages:
        if message.reply and not message.is_acked:
            await message.nak()
