"""One subscription a process, and all who listen: each has a bounded queue, and whoever is too slow is let go."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from nats.aio.client import Client
from nats.aio.msg import Msg

from gateway.live.changes import Change, readable
from services.kit import streams
from services.kit.errors import Exhausted
from services.kit.principal import Principal

SUBJECTS = "dealtrail.>"
QUEUE = 500
FOR_ONE_USER = 10
FOR_ALL = 2000
WATCH_SECONDS = 1.0


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
    """Hears all events and tells those who listen."""

    def __init__(self) -> None:
        self._listeners: dict[UUID, set[Listener]] = {}
        self._users: Counter[UUID] = Counter()
        self.client: Client | None = None
        self._task: asyncio.Task[None] | None = None

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

    @contextmanager
    def listening(self, who: Principal, types: frozenset[str]) -> Iterator[Listener]:
        """A stream for the block. Refused: TOO_MANY_LISTENERS."""
        if self._users[who.user_id] >= FOR_ONE_USER or self._users.total() >= FOR_ALL:
            raise TooManyListeners(retry_after=5)
        listener = Listener(who, types)
        group = self._listeners.setdefault(who.tenant_id, set())
        group.add(listener)
        self._users[who.user_id] += 1
        try:
            yield listener
        finally:
            group.discard(listener)
            if not group:
                self._listeners.pop(who.tenant_id, None)
            self._users[who.user_id] -= 1

    async def _run(self, nats_url: str) -> None:
        self.client = await streams.connect(nats_url, "live")
        await self.client.subscribe(SUBJECTS, cb=self._tell)
        known = 0
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if (reconnects := self.client.stats["reconnects"]) != known:
                # What was published in between was not heard: everybody asks again from where they were.
                known = reconnects
                self.end_all()

    async def _tell(self, message: Msg) -> None:
        if not self._listeners:
            return
        if (change := readable(message)) is None:
            return
        for listener in self._listeners.get(change.tenant_id, ()):
            listener.hear(change)
