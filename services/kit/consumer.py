"""From JetStream to a service's inbox: the reader of one partition of a stream, which outlives its servers."""

import asyncio
import logging
from collections import deque
from contextlib import suppress

import asyncpg
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from services.kit.database import Database
from services.kit.errors import Unavailable
from services.kit.events import Subscriptions
from services.kit.inbox import Inbox
from services.kit.pace import Pace
from services.kit.partitions import NUMBERS, Partition, durables
from services.kit.streams import ensure_consumer, ensure_stream, reclaim

log = logging.getLogger(__name__)

BATCH = 256
EXPIRES_S = 5
GATHER_S = 0.01
"""For so long the first waits for others where events come thick; one that comes alone is applied at once."""


class Consumer:
    """One service's durable reader of one partition. Only one may run at a time, so that order is kept: see Readers."""

    def __init__(self, database: Database, client: Client, subscriptions: Subscriptions, partition: Partition) -> None:
        self._inbox = Inbox(database, subscriptions)
        self._client = client
        self._partition = partition
        self._stream = partition.stream
        self._service = subscriptions.name
        self._durable = partition.durable(subscriptions.name)
        self._subjects = partition.subjects(subscriptions.streams()[partition.stream])

    async def run(self) -> None:
        """Until cancelled: read, and begin anew after whatever breaks."""
        about = {"stream": self._stream, "durable": self._durable}
        while True:
            try:
                await self._term()
            except (NatsError, Unavailable) as error:  # first, for its TimeoutError is an OSError too
                log.warning("consumer cannot read", extra=about | {"error": repr(error)})
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                log.warning("consumer lost its database", extra=about | {"error": repr(error)})
            except Exception:
                # Nobody would start us again: a fault of ours must not end the road.
                log.exception("consumer failed", extra=about)
            await asyncio.sleep(0.5)

    async def _term(self) -> None:
        await ensure_stream(self._client, self._stream)
        others = [durables(self._service, number) for number in NUMBERS if number != self._partition.number]
        await ensure_consumer(self._client, self._stream, self._durable, self._subjects, others)
        await reclaim(self._client, self._stream, self._durable)
        await self._read()

    async def _read(self) -> None:
        """Keep pull requests open: an event arrives the moment it is stored, the next while one is applied."""
        pull = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._durable}"
        ask = orjson.dumps({"batch": BATCH, "expires": EXPIRES_S * 1_000_000_000})
        arrivals = _Arrivals()
        reply = self._client.new_inbox()
        subscription = await self._client.subscribe(reply, cb=arrivals.add)
        batch: list[Msg] = []
        owed, pace, thick = 0, Pace(), False
        connections = self._client.stats["reconnects"]
        try:
            while True:
                if self._client.stats["reconnects"] != connections:
                    # What was on its way and what was acknowledged on the old connection may be lost: begin anew.
                    raise NatsError("the connection was made anew")
                if owed <= BATCH // 2:
                    await self._client.publish(pull, ask, reply=reply)
                    owed += BATCH
                batch = await arrivals.take(GATHER_S if thick else 0)
                deliveries = [message for message in batch if message.reply]
                owed -= len(deliveries)
                if deliveries:
                    await self._inbox.apply(deliveries)
                    thick = pace.thick(map(_about, deliveries))
                if len(deliveries) < len(batch):
                    owed = 0
                    self._heed([message for message in batch if not message.reply])
                if not deliveries:
                    # The request has ended, with its server or without: ask again.
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


def _about(message: Msg) -> str:
    """The id of what the event is about, as its subject has it: type, tenant, aggregate, eighth."""
    return message.subject.split(".")[-2]


class _Arrivals:
    """What a subscription has received and nobody has taken yet."""

    def __init__(self) -> None:
        self._held: deque[Msg] = deque()
        self._some = asyncio.Event()

    async def add(self, message: Msg) -> None:
        self._held.append(message)
        self._some.set()

    async def take(self, gather_s: float) -> list[Msg]:
        """What has arrived, or arrives while a pull request is open, and for so long after; nothing if nothing does."""
        try:
            async with asyncio.timeout(EXPIRES_S + 1):
                await self._some.wait()
        except TimeoutError:
            return []
        if len(self._held) < BATCH:
            await asyncio.sleep(gather_s)
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
