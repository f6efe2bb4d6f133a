"""How recent the counted facts are."""

from dealtrail.analytics.v1.freshness_pb2 import Freshness

from services.analytics.rollups.store import NEWEST, NOTE
from services.kit.codec import to_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope


async def note(tx: Tx, envelope: Envelope) -> None:
    """Say that an event has been counted."""
    await tx.execute(
        NOTE, source=_source(envelope), event_time=envelope.occurred_at, recorded_time=envelope.recorded_at
    )


async def freshness(tx: Tx, source: str) -> Freshness:
    """The newest counted event of the service `source`."""
    row = await tx.fetch_one(NEWEST, source=source)
    if row is None:
        return Freshness()
    return Freshness(event_time=to_timestamp(row["event_time"]), recorded_time=to_timestamp(row["recorded_time"]))


def _source(envelope: Envelope) -> str:
    """The service that told it: the second word of "dealtrail.leads.v1.LeadCaptured"."""
    return envelope.type.split(".")[1]
