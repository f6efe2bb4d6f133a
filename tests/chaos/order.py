"""Streams held against outboxes: every event is there, those of one thing in the order in which it changed."""

from datetime import datetime
from typing import Any

from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from services.kit import streams
from tests.chaos.town import PROCESSES, Arena

TOLD = """SELECT event_id::text AS event, aggregate_id AS thing, version, split_part(subject, '.', 2) AS stream
FROM outbox WHERE created_at >= $1 AND subject LIKE 'dealtrail.%'"""
FETCH = 500


async def misplaced(arena: Arena, since: datetime) -> list[str]:
    """What streams lack (I5) or hold in a wrong order (I7) of the events that were committed since then."""
    client = await streams.connect(arena.stack.nats(), "chaos")
    try:
        return [line for name in PROCESSES for line in await _misplaced(arena, client, name, since)]
    finally:
        await client.close()


async def _misplaced(arena: Arena, client: Client, name: str, since: datetime) -> list[str]:
    told = {row["event"]: row for row in await arena.query(name, TOLD, since)}
    found = []
    for stream in {row["stream"] for row in told.values()}:
        held = dict.fromkeys(await _held(client, stream, since))  # one that is there twice counts where it is first
        if lacks := {event for event, row in told.items() if row["stream"] == stream} - held.keys():
            found.append(f"I5: {len(lacks)} events of {name} are not in their stream: {sorted(lacks)[:3]}")
        late = overtaken(told[event] for event in held if event in told)
        found += [f"I7: in the stream {stream} {one}" for one in late]
    return found


def overtaken(rows: Any) -> list[str]:
    """Of events in the order of their stream, those that come after a later one of the same thing."""
    reached: dict[Any, int] = {}
    found = []
    for row in rows:
        before = reached.get(row["thing"], 0)
        if row["version"] < before:
            found.append(f"version {row['version']} of {row['thing']} comes after version {before}")
        reached[row["thing"]] = max(before, row["version"])
    return found


async def _held(client: Client, stream: str, since: datetime) -> list[str]:
    """The ids of the events in a stream, in its order."""
    wanted = ConsumerConfig(
        ack_policy=AckPolicy.NONE,
        deliver_policy=DeliverPolicy.BY_START_TIME,
        opt_start_time=since,
        headers_only=True,
    )
    subscription = await client.jetstream().pull_subscribe(f"dealtrail.{stream}.>", stream=stream, config=wanted)
    left = (await subscription.consumer_info()).num_pending or 0
    found: list[str] = []
    while len(found) < left:
        messages = await subscription.fetch(min(FETCH, left - len(found)), timeout=10)
        found += [(message.headers or {}).get("ce-id", "") for message in messages]
    await subscription.unsubscribe()
    return found
