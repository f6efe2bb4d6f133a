"""Who reads what: the partitions of all streams of a service, shared out evenly among its processes.

Each process holds an advisory lock for every partition that it reads, and one that it shares with the others and
that says that it is there, all on one connection: whoever ends, however, leaves what it read to the others. Nobody
is asked and nobody leads; each counts the others, takes what is free up to its share and gives back what is above.
Two readers of a partition, for the moment that a broken connection takes to be noticed, do no harm: the inbox
lets an event in once.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import asyncpg
from nats.aio.client import Client
from nats.errors import Error as NatsError

from services.kit import telemetry
from services.kit.consumer import Consumer
from services.kit.database import Database
from services.kit.events import Subscriptions
from services.kit.partitions import Partition, durables, partitions
from services.kit.streams import unapplied

log = logging.getLogger(__name__)

JOIN = "SELECT pg_advisory_lock_shared(hashtext($1))"
LOCK = "SELECT pg_try_advisory_lock(hashtext($1))"
UNLOCK = "SELECT pg_advisory_unlock(hashtext($1))"
PRESENT = """SELECT count(DISTINCT pid) AS present, count(DISTINCT pid) FILTER (WHERE pid < pg_backend_pid()) AS before
FROM pg_locks
WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND objid = (hashtext($1)::bigint & 4294967295)::oid"""
LOOK_EVERY_S = 1
LAG_EVERY_S = 5


class Readers:
    """The readers of one service in this process."""

    def __init__(
        self, database: Database, url: str, client: Client, subscriptions: Subscriptions, number: int = 1
    ) -> None:
        self._database = database
        self._url = url
        self._client = client
        self._subscriptions = subscriptions
        self._number = number
        self._name = subscriptions.name
        self._all = [one for stream in subscriptions.streams() for one in partitions(stream, number)]
        self.reading: dict[Partition, asyncio.Task[None]] = {}
        """What this process reads."""

    async def run(self) -> None:
        """Until cancelled: read our share."""
        watching = [asyncio.create_task(self._watch_lag(stream)) for stream in self._subscriptions.streams()]
        try:
            while True:
                try:
                    await self._term()
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                    log.warning("readers lost their database", extra={"error": repr(error)})
                except Exception:
                    # Nobody would start us again: a fault of ours must not end the road.
                    log.exception("readers failed")
                await asyncio.sleep(0.5)
        finally:
            await _end(watching)

    async def _term(self) -> None:
        """One connection's life: what it has locked is what we read."""
        connection = await asyncpg.connect(self._url, timeout=5, command_timeout=15)
        try:
            await connection.execute(JOIN, self._word("readers"))
            while True:
                await self._balance(connection)
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            try:
                await _end(self.reading.values())
            finally:
                self.reading.clear()
                await connection.close(timeout=2)

    async def _balance(self, connection: Any) -> None:
        """Take what is free up to our share; give back what is above it."""
        they = await connection.fetchrow(PRESENT, self._word("readers"))
        each, left = divmod(len(self._all), they["present"])
        share = each + (they["before"] < left)
        for partition in list(self.reading)[share:]:
            await _end([self.reading[partition]])
            del self.reading[partition]
            await connection.execute(UNLOCK, self._lock(partition))
        for partition in self._all:
            if len(self.reading) >= share:
                return
            if partition not in self.reading and await connection.fetchval(LOCK, self._lock(partition)):
                consumer = Consumer(self._database, self._client, self._subscriptions, partition)
                self.reading[partition] = asyncio.create_task(consumer.run())

    def _word(self, what: str) -> str:
        return f"dealtrail.{what}.{self._name}"

    def _lock(self, partition: Partition) -> str:
        """Such as dealtrail.consumer.timeline.leads, or dealtrail.consumer.timeline_4_0.leads of four partitions."""
        return f"dealtrail.consumer.{partition.durable(self._name)}.{partition.stream}"

    async def _watch_lag(self, stream: str) -> None:
        """Measure what waits, whether or not we can read: a consumer that stands still is the one to hear of."""
        lag = telemetry.CONSUMER_LAG.labels(self._name, stream)
        while True:
            with suppress(NatsError, TimeoutError):
                waiting = [await unapplied(self._client, stream, one) for one in durables(self._name, self._number)]
                lag.set(sum(waiting))
            await asyncio.sleep(LAG_EVERY_S)


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel them and wait until they have ended, even if we are cancelled ourselves meanwhile."""
    ending, cancelled = set(tasks), None
    while ending:
        for task in ending:
            # More than once: wait_for of Python 3.11, in libraries below us, can swallow a cancellation.
            task.cancel()
        try:
            _, ending = await asyncio.wait(ending, timeout=1)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
