"""From JetStream to a service's handlers: each event once in effect, whatever is delivered again.

The inbox row of an event and what its handler does commit together; an event that is in the inbox
is acknowledged and forgotten. Acknowledgements are not durable in NATS, so the inbox is not an
optimisation. Events that cannot be applied are set aside as dead letters and the others flow on.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import groupby
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from google.protobuf.message import DecodeError
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from opentelemetry.trace import SpanKind
from sqlalchemy import Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit import telemetry
from services.kit.database import Database, Tx
from services.kit.errors import Unavailable
from services.kit.events import Envelope, Subscriptions
from services.kit.principal import Principal
from services.kit.sql import Query
from services.kit.streams import ensure_consumer, ensure_stream, unapplied
from services.kit.tables import dead_letters, inbox
from services.kit.visibility import SYSTEM

log = logging.getLogger(__name__)

LOCK = "SELECT pg_try_advisory_lock(hashtext($1))"
BATCH = 128
EXPIRES_S = 5
RETRY_S = 2
ATTEMPTS = 3
LAG_EVERY_S = 5
APPLY_S = 20
"""For one batch; below ACK_WAIT_S, so that nothing is delivered again while it is being applied."""

_arrived = select(
    bindparam("tenant_id", type_=Uuid),
    bindparam("consumer", type_=Text),
    func.unnest(bindparam("ids", type_=ARRAY(Uuid))),
)
ENTER = Query(
    insert(inbox)
    .from_select(["tenant_id", "consumer", "event_id"], _arrived)
    .on_conflict_do_nothing()
    .returning(inbox.c.event_id),
    "enter inbox",
)
SET_ASIDE = Query(
    insert(dead_letters)
    .values({c.name: bindparam(c.name, type_=c.type) for c in dead_letters.columns if c.server_default is None})
    .on_conflict_do_update(
        index_elements=["tenant_id", "consumer", "event_id"],
        set_={"attempts": dead_letters.c.attempts + 1, "error": bindparam("error"), "last_failed_at": bindparam("now")},
    )
)


class Event:
    """One delivery: the message, its envelope, and the handler that is waiting for it."""

    __slots__ = ("body", "envelope", "handler", "headers", "many", "message", "subject")

    def __init__(self, message: Msg, subscriptions: Subscriptions) -> None:
        self.message = message
        self.subject = message.subject
        self.headers = dict(message.headers or {})
        self.envelope = Envelope.from_headers(self.headers)
        kind, self.handler, self.many = subscriptions.handlers[self.envelope.type]
        self.body = kind.FromString(message.data)


class Consumer:
    """One service's durable reader of one stream. Run as many as you like: one reads, so order is kept."""

    def __init__(self, database: Database, url: str, client: Client, subscriptions: Subscriptions, stream: str) -> None:
        self._database = database
        self._url = url
        self._client = client
        self._subscriptions = subscriptions
        self._stream = stream
        self._name = subscriptions.name
        self._failures: dict[UUID, int] = {}

    async def run(self) -> None:
        """Until cancelled: read if nobody else does."""
        watching = asyncio.create_task(self._watch_lag())
        try:
            while True:
                try:
                    await self._term()
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                    log.warning("consumer lost its database", extra={"stream": self._stream, "error": repr(error)})
                except (NatsError, TimeoutError, Unavailable) as error:
                    log.warning("consumer cannot read", extra={"stream": self._stream, "error": repr(error)})
                await asyncio.sleep(0.5)
        finally:
            watching.cancel()

    async def _watch_lag(self) -> None:
        """Measure what waits, whether or not we can read: a consumer that stands still is the one to hear of."""
        lag = telemetry.CONSUMER_LAG.labels(self._stream)
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
            await self._read(connection)
        finally:
            await connection.close(timeout=2)

    async def _read(self, lock: Any) -> None:
        """Keep one pull request open, so that an event arrives the moment it is stored."""
        pull = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}"
        ask = orjson.dumps({"batch": BATCH, "expires": EXPIRES_S * 1_000_000_000})
        inbox_subject = self._client.new_inbox()
        arrivals = await self._client.subscribe(inbox_subject)
        owed = 0
        try:
            while True:
                if owed <= 0:
                    await self._client.publish(pull, ask, reply=inbox_subject)
                    owed = BATCH
                try:
                    batch = [await arrivals.next_msg(timeout=EXPIRES_S + 1)]
                except TimeoutError:
                    # The request died with its server, or nobody answered: ask again, and see that we still lead.
                    await lock.execute("SELECT 1")
                    owed = 0
                    continue
                while arrivals.pending_msgs and len(batch) < BATCH:
                    batch.append(await arrivals.next_msg(timeout=1))
                deliveries = [message for message in batch if message.reply]
                owed -= len(deliveries)
                if deliveries:
                    await self.apply(deliveries)
                if len(deliveries) < len(batch):
                    owed = 0
                    await self._heed([message for message in batch if not message.reply])
        finally:
            await arrivals.unsubscribe()

    async def _heed(self, statuses: list[Msg]) -> None:
        """What the server says instead of an event: 408 and 404 are the end of a request, all else is trouble."""
        for message in statuses:
            status = (message.headers or {}).get("Status", "503")
            if status not in ("404", "408"):
                raise NatsError(f"pull request ended with {status}")

    async def apply(self, deliveries: list[Msg]) -> None:
        """Apply deliveries tenant by tenant, each group in one transaction; one by one where a group fails."""
        events = []
        for message in deliveries:
            try:
                events.append(Event(message, self._subscriptions))
            except (KeyError, ValueError, DecodeError) as error:
                # Nobody who follows the contract sends this, and no tenant can be trusted from it: gone for good.
                log.error("not an event", extra={"subject": message.subject, "error": repr(error)})
                telemetry.DEAD_LETTERS.labels("unreadable").inc()
                await message.term()
        for tenant_id, group in groupby(events, key=lambda event: event.envelope.tenant_id):
            together = list(group)
            try:
                await self._apply_together(tenant_id, together)
            except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, Unavailable):
                raise
            except Exception:
                for event in together:
                    await self._apply_alone(tenant_id, event)

    async def _apply_together(self, tenant_id: UUID, events: list[Event]) -> None:
        async with self._database.transaction(_system(tenant_id)) as tx:
            for run in _runs(await self._enter(tx, events)):
                await self._handle(tx, run)
        for event in events:
            await event.message.ack()
            telemetry.APPLIED.labels(event.envelope.type).inc()

    async def _apply_alone(self, tenant_id: UUID, event: Event) -> None:
        try:
            await self._apply_together(tenant_id, [event])
        except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, Unavailable):
            raise
        except Exception as error:
            attempts = self._failures[event.envelope.id] = self._failures.get(event.envelope.id, 0) + 1
            if attempts < ATTEMPTS:
                await event.message.nak(delay=RETRY_S)
                return
            log.exception("event set aside", extra={"type": event.envelope.type, "event": event.envelope.id})
            async with self._database.transaction(_system(tenant_id)) as tx:
                await set_aside(tx, self._name, event, error)
            del self._failures[event.envelope.id]
            telemetry.DEAD_LETTERS.labels(event.envelope.type).inc()
            await event.message.ack()

    async def _enter(self, tx: Tx, events: list[Event]) -> list[Event]:
        """Note the events in the inbox; those that were not in it, once each."""
        rows = await tx.fetch(ENTER, consumer=self._name, ids=[event.envelope.id for event in events])
        fresh = {row["event_id"] for row in rows}
        found = []
        for event in events:
            if event.envelope.id in fresh:
                fresh.remove(event.envelope.id)
                found.append(event)
        return found

    async def _handle(self, tx: Tx, run: list[Event]) -> None:
        first = run[0]
        with ExitStack() as hops:
            # Each event's own trace goes on; the first, which is entered last, shows the statements of all.
            for event in reversed(run):
                trace = event.headers.get("traceparent")
                hops.enter_context(telemetry.hop(f"apply {event.envelope.type}", trace, SpanKind.CONSUMER))
            if first.many:
                await first.handler(tx, [(event.body, event.envelope) for event in run])
            else:
                await first.handler(tx, first.body, first.envelope)


def _runs(events: list[Event]) -> Iterator[list[Event]]:
    """The events in their order, in runs that one call of a handler takes."""
    for _, run in groupby(enumerate(events), key=lambda one: one[1].handler if one[1].many else one[0]):
        yield [event for _, event in run]


async def set_aside(tx: Tx, consumer: str, event: Event, error: Exception) -> None:
    """Keep the event as a dead letter: listed and replayed by command."""
    await tx.execute(
        SET_ASIDE,
        consumer=consumer,
        event_id=event.envelope.id,
        subject=event.subject,
        headers=event.headers,
        payload=event.message.data,
        error=type(error).__name__,
        attempts=ATTEMPTS,
    )


def _system(tenant_id: UUID) -> Principal:
    return Principal(tenant_id, UUID(int=0), SYSTEM, None)
