"""From the outbox to JetStream: one leader a service database, in batches, in the order of the outbox.

The leader holds an advisory lock on the very connection that marks events as published: whoever
lost the lock cannot mark. There is no cursor, since the order of ids is not the order of commits
(a cursor lost 457 of 1,200 events when measured): what is not marked is still to be sent.
Two leaders for a moment do no harm: the event's id is dropped by the stream within its duplicate
window and by the consumer's inbox beyond it.
"""

import asyncio
import logging
import time
from contextlib import ExitStack
from typing import Any

import asyncpg
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from services.kit import telemetry
from services.kit.pace import Pace
from services.kit.streams import MAX_EVENT_BYTES, STORE_S, NotStored, Stream, ensure, events_of, store

log = logging.getLogger(__name__)

LOCK = "SELECT pg_try_advisory_lock(hashtext('dealtrail.relay'))"
PENDING = """SELECT id, aggregate_id, subject, headers::text AS headers, payload,
  extract(epoch FROM now() - created_at)::float8 AS age
FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT 512"""
ROUND = 512
OLDEST = (
    "SELECT extract(epoch FROM now() - created_at)::float8 FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT 1"
)
MARK = "UPDATE outbox SET published_at = now() WHERE id = ANY($1) AND published_at IS NULL"
SESSION = {
    "application_name": "dealtrail relay",
    # A mark that a crash takes back means an event sent twice, which consumers ignore: it need not wait for the disk.
    "synchronous_commit": "off",
    # Statements are planned once, when the outbox is empty and each way through it seems as short: but all of them
    # except the index of what is not published read what was published, too.
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
}
BATCH = 64
WORTH_A_BATCH = 16
"""Fewer are sent one after the other without waiting: atomic batches of two or three were measured to cost more."""
POLL_S = 0.25
REFUSALS = 8
"""So many events refused in one round mean that the stream is at fault, not they."""


class Relay:
    """Publishes the outbox of one service database. Run as many as you like: one leads."""

    def __init__(
        self, url: str, client: Client, service: str, committed: asyncio.Event, public: tuple[Stream, ...] = ()
    ) -> None:
        self._url = url
        self._client = client
        self._streams = (events_of(service), *public)
        self._committed = committed
        self._bell = f"dealtrail.wake.{service}"
        self.leads = False

    async def run(self) -> None:
        """Until cancelled: lead if nobody else does, publish what there is, sleep until woken."""
        bell = await self._client.subscribe(self._bell, cb=self._ring)
        try:
            while True:
                try:
                    await self._term()
                except (NatsError, NotStored) as error:  # first, for its TimeoutError is an OSError too
                    log.warning("relay cannot publish", extra={"error": repr(error)})
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                    log.warning("relay lost its database", extra={"error": repr(error)})
                except Exception:
                    # Nobody would start us again: a fault of ours must not end the road.
                    log.exception("relay failed")
                self.leads = False
                await asyncio.sleep(0.5)
        finally:
            await bell.unsubscribe()

    async def _term(self) -> None:
        """One connection's life: wait for the lock, then publish until something breaks."""
        connection = await asyncpg.connect(self._url, timeout=5, command_timeout=15, server_settings=SESSION)
        try:
            while not await connection.fetchval(LOCK):
                telemetry.OUTBOX.looked(0)  # the leader speaks for the outbox
                await self._wake_leader()
            self.leads = True
            # Before NATS is asked for anything: what waits for a broker that is down is to be seen.
            telemetry.OUTBOX.looked(await connection.fetchval(OLDEST) or 0)
            for stream in self._streams:
                await ensure(self._client, stream)
            pace = Pace()
            while True:
                self._committed.clear()
                begun = time.monotonic()
                published, things = await self.publish_pending(connection)
                if not published:
                    await self._sleep()
                elif (apart_s := pace.apart_s(things)) and published < ROUND:
                    await asyncio.sleep(begun + apart_s - time.monotonic())
        finally:
            await connection.close(timeout=2)

    async def publish_pending(self, connection: Any) -> tuple[int, set[Any]]:
        """Publish up to 512 events and mark those that the stream has; how many these were, and what all were about.

        An event that the stream refuses holds up the later ones of its aggregate and no others; it
        is tried again each round and shows in the age of the outbox until somebody sees to it.
        """
        rows = await connection.fetch(PENDING)
        telemetry.OUTBOX.looked(rows[0]["age"] if rows else 0)
        stuck: set[Any] = set()
        kept: list[int] = []
        try:
            for wave in _waves(rows):
                await self._publish_wave(wave, stuck, kept)
        finally:
            if kept:
                await connection.execute(MARK, kept)
        telemetry.PUBLISHED.inc(len(kept))
        return len(kept), {row["aggregate_id"] for row in rows}

    async def _publish_wave(self, batches: list[list[Any]], stuck: set[Any], kept: list[int]) -> None:
        """Publish batches that share no aggregate, none waiting for another; what streams have comes into `kept`."""
        sent: list[tuple[list[Any], asyncio.Task[Msg]]] = []
        alone: list[list[Any]] = []
        try:
            for batch in batches:
                fresh = [row for row in batch if row["aggregate_id"] not in stuck]
                if _worth_a_batch(fresh):
                    sent.append((fresh, await self._send(fresh)))
                else:
                    alone.append(fresh)
        finally:
            # Also if one could not be sent: those before it may be stored.
            alone += await _answered(sent, kept)
        for batch in alone:
            for run in _runs(batch):
                await self._publish_run([row for row in run if row["aggregate_id"] not in stuck], stuck, kept)

    async def _publish_run(self, rows: list[Any], stuck: set[Any], kept: list[int]) -> None:
        """Publish events of as many aggregates, none waiting for the one before."""
        outcomes = await asyncio.gather(*(self._store(row) for row in rows), return_exceptions=True)
        kept += [row["id"] for row, failure in zip(rows, outcomes, strict=True) if failure is None]
        for row, failure in zip(rows, outcomes, strict=True):
            if isinstance(failure, NotStored):
                log.error("event refused by its stream", extra={"outbox": row["id"], "refusal": str(failure)})
                stuck.add(row["aggregate_id"])
                if len(stuck) >= REFUSALS:
                    raise failure
            elif failure is not None:
                raise failure

    async def _store(self, row: Any) -> None:
        with ExitStack() as spans:
            await store(self._client, row["subject"], row["payload"], _headers(row, spans))

    async def _send(self, rows: list[Any]) -> "asyncio.Task[Msg]":
        """Send rows of one stream as an atomic batch (NATS ADR-50): all or nothing. Its answer says which."""
        batch_id = f"{rows[0]['id']}-{time.time_ns()}"
        with ExitStack() as spans:
            for number, row in enumerate(rows, 1):
                headers = _headers(row, spans) | {"Nats-Batch-Id": batch_id, "Nats-Batch-Sequence": str(number)}
                if number < len(rows):
                    await self._client.publish(row["subject"], row["payload"], headers=headers)
            headers["Nats-Batch-Commit"] = "1"
            commit = self._client.request(row["subject"], row["payload"], timeout=STORE_S, headers=headers)
            answer = asyncio.create_task(commit)
            await asyncio.sleep(0)  # so that it is sent before the next batch
        return answer

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._committed.wait()
        except TimeoutError:
            return

    async def _wake_leader(self) -> None:
        """As a follower: pass on that something was committed here; look for the lock now and then."""
        self._committed.clear()
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(1):
                await self._committed.wait()
            await self._client.publish(self._bell, b"")
        except TimeoutError:
            return

    async def _ring(self, _: object) -> None:
        if self.leads:
            self._committed.set()


async def _answered(sent: list[tuple[list[Any], asyncio.Task[Msg]]], kept: list[int]) -> list[list[Any]]:
    """Wait for the answers to batches: what streams have comes into `kept`; those refused, which one known id does."""
    answers = await asyncio.gather(*(commit for _, commit in sent), return_exceptions=True)
    refused = []
    for (batch, _), answer in zip(sent, answers, strict=True):
        if isinstance(answer, BaseException):
            continue
        if "error" in orjson.loads(answer.data):
            refused.append(batch)
        else:
            kept += [row["id"] for row in batch]
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return refused


def _headers(row: Any, spans: ExitStack) -> dict[str, str]:
    """The event's headers; an event of a sampled request gets a span that ends with `spans`."""
    headers: dict[str, str] = orjson.loads(row["headers"])
    if telemetry.recorded(headers):
        spans.enter_context(telemetry.publishing(headers))
    return headers


def _worth_a_batch(rows: list[Any]) -> bool:
    return len(rows) >= WORTH_A_BATCH and all(len(row["payload"]) <= MAX_EVENT_BYTES for row in rows)


def _waves(rows: list[Any]) -> list[list[list[Any]]]:
    """The rows in their order, in batches, and these in waves within which no aggregate is in two of them."""
    waves: list[list[list[Any]]] = []
    told: set[Any] = set()
    for start in range(0, len(rows), BATCH):
        for batch in _by_stream(rows[start : start + BATCH]):
            about = {row["aggregate_id"] for row in batch}
            if not waves or told & about:
                waves.append([])
                told = set()
            waves[-1].append(batch)
            told |= about
    return waves


def _by_stream(rows: list[Any]) -> list[list[Any]]:
    """The rows in their order, those of each stream apart: a batch goes to one stream."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row["subject"].partition(".")[0], []).append(row)
    return list(found.values())


def _runs(rows: list[Any]) -> list[list[Any]]:
    """The rows in their order, in runs in which no aggregate comes twice: a refused event must not be overtaken."""
    runs: list[list[Any]] = []
    told: set[Any] = set()
    for row in rows:
        if not runs or row["aggregate_id"] in told:
            runs.append([])
            told.clear()
        runs[-1].append(row)
        told.add(row["aggregate_id"])
    return runs
