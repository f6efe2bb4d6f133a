"""Who has a lead since when, and when it was last touched, as events tell it."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as leads
from dealtrail.timeline.v1 import events_pb2 as timeline

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.leads.pool_returns.store import TAKEN, TOUCHED

subscriptions = Subscriptions("leads")


@subscriptions.on(leads.LeadAssigned, leads.LeadClaimed)
async def take(tx: Tx, event: Any, envelope: Envelope) -> None:
    """Somebody works the lead from now on, whoever saw to it."""
    await tx.execute(
        TAKEN,
        lead_id=UUID(event.lead.id),
        owner_id=UUID(event.lead.owner_id),
        since=envelope.occurred_at,
        touch_time=None,
        version=envelope.version,
    )


@subscriptions.on(timeline.TouchpointRecorded)
async def touch(tx: Tx, event: Any, _: Envelope) -> None:
    """Something passed between us and the company."""
    touchpoint = event.touchpoint
    if touchpoint.lead_id:
        await tx.execute(
            TOUCHED,
            lead_id=UUID(touchpoint.lead_id),
            owner_id=None,
            since=None,
            touch_time=from_timestamp(touchpoint.occurred_time),
            version=0,
        )
