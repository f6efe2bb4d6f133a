"""The connection to NATS and our streams in it: one a service that owns events, and those that it tells others by."""

import asyncio
import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass

import nats
import orjson
from nats.aio.client import Client
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StoreCompression,
    StreamConfig,
)
from nats.js.errors import NotFoundError

log = logging.getLogger(__name__)

DAY_S = 86_400
MAX_AGE_S = 14 * DAY_S
DUPLICATE_WINDOW_S = 600
MAX_EVENT_BYTES = 256 << 10
ACK_WAIT_S = 30
FIRST_CONNECT_S = 5
RECLAIM_S = 2
STORE_S = 5


@dataclass(frozen=True)
class Stream:
    """A stream that one service fills by its outbox."""

    name: str
    subject: str
    """All its subjects, such as "dealtrail.leads.>"."""
    max_age_s: int = MAX_AGE_S
    """How long it keeps what it was told."""


def events_of(service: str) -> Stream:
    """The stream of a service's own events, named for it."""
    return Stream(service, f"dealtrail.{service}.>")


class Connection(Client):
    """As the library has it, but that the headers of a message are read in a third of the time."""

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        """What the library finds in them; what is not written as we write it, it reads itself."""
        try:
            found = {name: value.strip(" \t\n\r\v\f") for name, value in _named(raw.decode())}
        except ValueError:
            return Client._parse_header_lines(raw)
        names = "".join(found)
        plain = names.isascii() and ":" not in names and names.split() == [names]
        return found if plain else Client._parse_header_lines(raw)


def _named(lines: str) -> list[list[str]]:
    return [line.split(": ", 1) for line in lines.split("\r\n") if line]


async def connect(url: str, name: str) -> Client:
    """A connection that never gives up. NATS may be down at start: tried again until it is there."""

    async def report(error: Exception) -> None:
        log.warning("nats", extra={"error": repr(error)})

    while True:
        client = Connection()
        try:
            await asyncio.wait_for(
                client.connect(
                    url,
                    name=name,
                    inbox_prefix=f"_INBOX.{name}",  # its own, so that a server can let nobody else hear the answers
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=1,
                    ping_interval=10,
                    max_outstanding_pings=2,
                    drain_timeout=10,
                    error_cb=report,
                ),
                FIRST_CONNECT_S,
            )
            return client
        except (OSError, TimeoutError, nats.errors.Error) as error:
            log.warning("nats is not reachable yet", extra={"error": repr(error)})
            await asyncio.sleep(0.5)


def _configured(stream: Stream) -> StreamConfig:
    return StreamConfig(
        name=stream.name,
        subjects=[stream.subject],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        num_replicas=int(os.environ.get("DEALTRAIL_STREAM_REPLICAS", "1")),
        discard=DiscardPolicy.NEW,
        max_age=stream.max_age_s,
        max_msg_size=MAX_EVENT_BYTES,
        duplicate_window=DUPLICATE_WINDOW_S,
        allow_direct=True,
        allow_atomic=True,
        deny_delete=True,
        deny_purge=True,
        compression=StoreCompression.S2,
    )


async def ensure_stream(client: Client, service: str) -> None:
    """Make the stream of a service's own events if it is missing; change it only where it differs."""
    await ensure(client, events_of(service))


async def ensure(client: Client, stream: Stream) -> None:
    """Make the stream if it is missing; change it only where it differs."""
    js = client.jetstream()
    wanted = _configured(stream)
    try:
        standing = (await js.stream_info(stream.name)).config
    except NotFoundError:
        await js.add_stream(wanted)
        return
    if any(getattr(standing, name) != value for name, value in _chosen(wanted).items()):
        await js.update_stream(wanted)


async def ensure_consumer(
    client: Client, stream: str, name: str, subjects: list[str], former: Iterable[list[str]] = ()
) -> None:
    """Make the durable consumer if it is missing; update it only where its filter differs.

    Where durables of `former` have read the same events, all of one of these lists together, a new one begins
    where they are; else with the oldest event.
    Creating one again with a changed configuration was seen to destroy its state (nats-server#8491).
    """
    js = client.jetstream()
    wanted = ConsumerConfig(
        durable_name=name,
        filter_subjects=subjects,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_S,
        max_ack_pending=1024,
        max_deliver=-1,
        max_waiting=64,
    )
    try:
        standing = (await js.consumer_info(stream, name)).config
        known = standing.filter_subjects or [standing.filter_subject]
        if sorted(filter(None, known)) == sorted(subjects):
            return
        wanted.deliver_policy, wanted.opt_start_seq = standing.deliver_policy, standing.opt_start_seq
    except NotFoundError:
        if begun := max([await _all_applied(client, stream, names) for names in former], default=0):
            wanted.deliver_policy, wanted.opt_start_seq = DeliverPolicy.BY_START_SEQUENCE, begun + 1
    await js.add_consumer(stream, wanted)


async def _all_applied(client: Client, stream: str, names: list[str]) -> int:
    """Up to which event these durables have together acknowledged all that is theirs; 0 if one is missing."""
    js = client.jetstream()
    last = (await js.stream_info(stream)).state.last_seq
    upto = last
    for name in names:
        try:
            known = await js.consumer_info(stream, name)
        except NotFoundError:
            return 0
        if known.num_pending or known.num_ack_pending:
            upto = min(upto, known.ack_floor.stream_seq if known.ack_floor else 0)
    return upto


class NotStored(Exception):
    """JetStream did not take the message."""


async def store(client: Client, subject: str, payload: bytes, headers: dict[str, str]) -> None:
    """Publish one message and wait until its stream has it. Fails with NotStored if the stream refuses it."""
    try:
        answer = await client.request(subject, payload, timeout=STORE_S, headers=headers)
    except nats.errors.MaxPayloadError as error:
        raise NotStored("larger than the server takes") from error
    if refusal := orjson.loads(answer.data).get("error"):
        raise NotStored(refusal["description"])


async def reclaim(client: Client, stream: str, name: str) -> None:
    """Let what was delivered and not acknowledged be delivered again now, and not when its time is over.

    For the one reader of a durable consumer, when it begins: another that was killed has left such
    deliveries. A server older than 2.14 does not know the request and is asked in vain.
    """
    with suppress(nats.errors.Error, TimeoutError):
        await client.request(f"$JS.API.CONSUMER.RESET.{stream}.{name}", b"", timeout=RECLAIM_S)


async def unapplied(client: Client, stream: str, name: str) -> int:
    """How many events a durable consumer has not acknowledged, delivered or not."""
    known = await client.jetstream().consumer_info(stream, name)
    return (known.num_pending or 0) + (known.num_ack_pending or 0)


def _chosen(config: StreamConfig) -> dict[str, object]:
    return {name: value for name, value in asdict(config).items() if value is not None}
