"""What the leads service says of holds: a lead that is held keeps its texts."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as leads

from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.timeline.retention import operations

subscriptions = Subscriptions("timeline")


@subscriptions.on(leads.LeadHoldPlaced)
async def keep(tx: Tx, event: Any, envelope: Envelope) -> None:
    """Keep them."""
    await operations.hear(tx, UUID(event.lead_hold.id), True, envelope.occurred_at)


@subscriptions.on(leads.LeadHoldReleased)
async def release(tx: Tx, event: Any, envelope: Envelope) -> None:
    """Keep them no longer than others."""
    await operations.hear(tx, UUID(event.lead_hold.id), False, envelope.occurred_at)
