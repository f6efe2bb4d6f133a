"""Who listens, and one subscription for each of their tenants: each listener has a bounded queue, the slow are let go.

A gateway nobody listens to hears nothing: reading every tenant's events in every replica was measured to take 4 % of
a busy gateway's time while leads were written, and 17 % of one that wrote them one by one.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from gateway.live.changes import Change, readable
from services.kit import streams
from services.kit.errors import Exhausted
from services.kit.principal import Principal

SUBJECTS = "dealtrail.*.*.*.{tenant_id}.>"
QUEUE = 500
FOR_ONE_USER = 10
FOR_ALL = 2000
WATCH_SECONDS = 1.0
HEARD_SECONDS = 2
"""How long the broker may take to say that it knows of a subscription."""


class TooManyListeners(Exhausted):
    """The user, or everybody together, listens often enough."""

    en = "too many live streams are open; close some"
    zh = "实时连接过多，请先关闭一些"


class Listener:
    """One open stream."""

    def __init__(self, who: Principal, types: frozenset[str]) -> None:
        self.who = who
        self._types = types
        self._waiting: asyncio.Queue[Change | None] = asyncio.Queue(QUEUE + 1)
        self.ended = False

    def wants(self, change: Change) -> bool:
        """Whether the change is to be told here."""
        return (not self._types or change.type in self._types) and change.seen_by(self.who)

    def hear(self, change: Change) -> None:
        """Queue a change; too many that were not taken end the stream."""
        if self.ended or not self.wants(change):
            return
        if self._waiting.qsize() >= QUEUE:
            self.end()
        else:
            self._waiting.put_nowait(change)

    def end(self) -> None:
        """Let go, after what is queued."""
        if not self.ended:
            self.ended = True
            self._waiting.put_nowait(None)

    async def next(self) -> Change | None:
        """The next change; None when the stream is over."""
        return await self._waiting.get()


class Feed:
    """Hears the events of tenants somebody listens to, and tells those who do."""

    def __init__(self) -> None:
        self._listeners: dict[UUID, set[Listener]] = {}
        self._heard: dict[UUID, asyncio.Task[Subscription]] = {}
        self._users: Counter[UUID] = Counter()
        self.client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    def start(self, nats_url: str) -> None:
        """Subscribe, as soon as NATS is there."""
        self._task = asyncio.create_task(self._run(nats_url))

    async def stop(self) -> None:
        """End all streams and hang up."""
        self.end_all()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.client:
            await self.client.close()

    def end_all(self) -> None:
        """End all streams; their clients come again and say what they heard last."""
        for group in self._listeners.values():
            for listener in group:
                listener.end()

    @asynccontextmanager
    async def listening(self, who: Principal, types: frozenset[str]) -> AsyncIterator[Listener]:
        """A stream for the block: what is committed from now on is told. Refused: TOO_MANY_LISTENERS."""
        if self._users[who.user_id] >= FOR_ONE_USER or self._users.total() >= FOR_ALL:
            raise TooManyListeners(retry_after=5)
        listener = Listener(who, types)
        group = self._listeners.setdefault(who.tenant_id, set())
        group.add(listener)
        self._users[who.user_id] += 1
        try:
            if self.client is not None:
                await self._hear(self.client, who.tenant_id)
            yield listener
        finally:
            self._users[who.user_id] -= 1
            group.discard(listener)
            if not group:
                self._listeners.pop(who.tenant_id, None)
                self._leave(who.tenant_id)

    async def _hear(self, client: Client, tenant_id: UUID) -> None:
        """Subscribe to the tenant's events, once for all who listen."""
        if tenant_id not in self._heard:
            self._heard[tenant_id] = asyncio.create_task(self._subscribed(client, tenant_id))
        await asyncio.shield(self._heard[tenant_id])

    async def _subscribed(self, client: Client, tenant_id: UUID) -> Subscription:
        made = await client.subscribe(SUBJECTS.format(tenant_id=tenant_id), cb=self._tell)
        with suppress(NatsError, TimeoutError):  # the broker is away: the client subscribes when it is back
            await client.flush(HEARD_SECONDS)
        return made

    def _leave(self, tenant_id: UUID) -> None:
        """Hear of the tenant no more."""
        if (heard := self._heard.pop(tenant_id, None)) is not None:
            self._leaving.add(leaving := asyncio.create_task(_unsubscribed(heard)))
            leaving.add_done_callback(self._leaving.discard)

    async def _run(self, nats_url: str) -> None:
        self.client = await streams.connect(nats_url, "live")
        for tenant_id in list(self._listeners):
            await self._hear(self.client, tenant_id)
        known = 0
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if (reconnects := self.client.stats["reconnects"]) != known:
                # What was published in between was not heard: everybody asks again from where they were.
                known = reconnects
                self.end_all()

    async def _tell(self, message: Msg) -> None:
        if (change := readable(message)) is None:
            return
        for listener in self._listeners.get(change.tenant_id, ()):
            listener.hear(change)


async def _unsubscribed(heard: asyncio.Task[Subscription]) -> None:
    with suppress(NatsError):
        await (await heard).unsubscribe()
