"""From a delivery to its effect: each event once, whatever is delivered again.

The inbox row of an event and what its handler does commit together; an event that is in the inbox
is acknowledged and forgotten. Acknowledgements are not durable in NATS, so the inbox is not an
optimisation. Events that cannot be applied are set aside as dead letters and the others flow on.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import blake2b
from itertools import groupby
from uuid import UUID

from google.protobuf.message import DecodeError
from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind
from sqlalchemy import Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit import telemetry
from services.kit.database import Database, Tx
from services.kit.deadletters import set_aside
from services.kit.errors import Unavailable
from services.kit.events import Envelope, Subscriptions
from services.kit.principal import Principal
from services.kit.sql import Query
from services.kit.tables import inbox
from services.kit.visibility import SYSTEM

log = logging.getLogger(__name__)

UNREADABLE = "unreadable"
"""How a dead letter is counted that is no event of ours."""
NOBODY = UUID(int=0)
"""The tenant of dead letters that name none."""
RETRY_S = 2
ATTEMPTS = 3
APPLY_S = 20
"""For one transaction; below the stream's ack_wait, so that nothing is delivered again while it is being applied."""

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


class Event:
    """One delivery: the message, its envelope, and the handler that is waiting for it."""

    __slots__ = ("body", "envelope", "handler", "headers", "many", "message")

    def __init__(self, message: Msg, subscriptions: Subscriptions) -> None:
        self.message = message
        self.headers = dict(message.headers or {})
        self.envelope = Envelope.from_headers(self.headers)
        kind, self.handler, self.many = subscriptions.handlers[self.envelope.type]
        self.body = kind.FromString(message.data)


class Inbox:
    """Applies what arrives for one service."""

    def __init__(self, database: Database, subscriptions: Subscriptions) -> None:
        self._database = database
        self._subscriptions = subscriptions
        self._name = subscriptions.name
        self._failures: dict[UUID, int] = {}
        # From the start: a series that begins with its first event has no increase, and no alert would see it.
        applied = telemetry.APPLIED.labels
        self._applied = {kind: applied(self._name, kind.split(".")[1], kind) for kind in subscriptions.handlers}
        dead = telemetry.DEAD_LETTERS.labels
        self._dead = {kind: dead(self._name, kind) for kind in (*subscriptions.handlers, UNREADABLE)}

    async def apply(self, deliveries: list[Msg]) -> None:
        """Apply deliveries tenant by tenant, each group in one transaction; one by one where a group fails.

        Fails only if the database does not answer or a peer is out of reach: the fault is not the
        events' then, and what is not acknowledged comes again.
        """
        events = []
        for message in deliveries:
            try:
                events.append(Event(message, self._subscriptions))
            except (KeyError, ValueError, DecodeError) as error:
                await self._keep(message, error)
        for tenant_id, group in groupby(events, key=lambda event: event.envelope.tenant_id):
            for event in await self._apply_group(tenant_id, list(group)):
                await event.message.ack()

    async def _keep(self, message: Msg, error: Exception) -> None:
        """Set aside what nobody who follows the contract sends. No tenant can be trusted from it: it is nobody's."""
        log.error("not an event", extra={"subject": message.subject, "error": repr(error)})
        content = f"{message.subject} {message.headers} {message.data!r}".encode(errors="backslashreplace")
        name = UUID(bytes=blake2b(content, digest_size=16).digest())
        async with self._database.transaction(_system(NOBODY)) as tx:
            await set_aside(tx, self._name, name, message, error, 1)
        self._dead[UNREADABLE].inc()
        await message.term()

    async def _apply_group(self, tenant_id: UUID, events: list[Event]) -> list[Event]:
        """Those of the events that need not come again."""
        try:
            await self._apply_together(tenant_id, events)
        except Exception:
            return [event for event in events if await self._apply_alone(tenant_id, event)]
        return events

    async def _apply_together(self, tenant_id: UUID, events: list[Event]) -> None:
        async with asyncio.timeout(APPLY_S), self._database.transaction(_system(tenant_id)) as tx:
            for run in _runs(await self._enter(tx, events)):
                await self._handle(tx, run)
        for event in events:
            self._applied[event.envelope.type].inc()

    async def _apply_alone(self, tenant_id: UUID, event: Event) -> bool:
        try:
            await self._apply_together(tenant_id, [event])
        except Unavailable:
            raise
        except Exception as error:
            # If the database is at fault this fails as well; else the event is.
            await self._database.ping()
            return await self._give_up(tenant_id, event, error)
        self._failures.pop(event.envelope.id, None)
        return True

    async def _give_up(self, tenant_id: UUID, event: Event, error: Exception) -> bool:
        """Set the event aside if it has failed often enough; else let it come again."""
        attempts = self._failures[event.envelope.id] = self._failures.get(event.envelope.id, 0) + 1
        if attempts < ATTEMPTS:
            await event.message.nak(delay=RETRY_S)
            return False
        log.error("event set aside", exc_info=error, extra={"type": event.envelope.type, "event": event.envelope.id})
        async with self._database.transaction(_system(tenant_id)) as tx:
            await set_aside(tx, self._name, event.envelope.id, event.message, error, attempts)
        del self._failures[event.envelope.id]
        self._dead[event.envelope.type].inc()
        return True

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


def _system(tenant_id: UUID) -> Principal:
    return Principal(tenant_id, UUID(int=0), SYSTEM, None)
