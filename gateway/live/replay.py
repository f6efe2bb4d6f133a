"""What was missed since an event: read again from the streams, as far as it is not too much."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from gateway.live.changes import Change, readable
from services.kit.ids import instant_ms

AT_MOST = 5000
"""Changes of a tenant; whoever missed more reads everything anew."""
BATCH = 500
WAIT_SECONDS = 2.0
STREAMS = ("leads", "opportunities", "contracts", "timeline", "identity")


class MissedTooMuch(Exception):
    """More has happened than is worth telling one by one."""


async def missed(client: Client, tenant_id: UUID, last: UUID) -> list[Change]:
    """The tenant's changes since the event `last`, oldest first; some that were heard before may be among them.

    It raises MissedTooMuch.
    """
    since = datetime.fromtimestamp(instant_ms(last) / 1000, UTC)
    found = await asyncio.gather(*(_of_stream(client, stream, tenant_id, since) for stream in STREAMS))
    changes = [change for part in found for change in part]
    if len(changes) > AT_MOST:
        raise MissedTooMuch
    return sorted(changes, key=lambda change: change.id)


async def _of_stream(client: Client, stream: str, tenant_id: UUID, since: datetime) -> list[Change]:
    wanted = ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_TIME,
        opt_start_time=since,
        ack_policy=AckPolicy.NONE,
        headers_only=True,
        inactive_threshold=30,
    )
    subject = f"dealtrail.{stream}.*.*.{tenant_id}.>"
    try:
        reading = await client.jetstream().pull_subscribe(subject, stream=stream, config=wanted)
    except NotFoundError:
        return []
    changes: list[Change] = []
    try:
        pending = (await reading.consumer_info()).num_pending or 0
        if pending > AT_MOST:
            raise MissedTooMuch
        while pending > 0:
            messages = await reading.fetch(min(BATCH, pending), timeout=WAIT_SECONDS)
            pending -= len(messages)
            changes += [change for message in messages if (change := readable(message))]
    except TimeoutError:
        pass
    finally:
        await reading.unsubscribe()
    return changes
