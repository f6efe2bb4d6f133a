"""What ends the nurturing of a lead: it was converted, given up, or returned to the pool, or its person was erased."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.leads.enrolments import operations
from services.leads.enrolments.domain import EndReason

subscriptions = Subscriptions("leads")
REASONS = {
    events.LeadConverted.DESCRIPTOR.full_name: EndReason.CONVERTED,
    events.LeadDiscarded.DESCRIPTOR.full_name: EndReason.DISCARDED,
    events.LeadReturned.DESCRIPTOR.full_name: EndReason.POOLED,
}


@subscriptions.on(events.LeadConverted, events.LeadDiscarded, events.LeadReturned)
async def end(tx: Tx, event: Any, envelope: Envelope) -> None:
    """The lead is worked no longer, or by nobody."""
    await operations.end_with_lead(tx, UUID(event.lead.id), REASONS[envelope.type], envelope.version)


@subscriptions.on(events.PersonErased)
async def forget(tx: Tx, event: Any, _: Envelope) -> None:
    """Nobody is left to get in touch with."""
    if event.person.lead_id:
        await operations.end_with_lead(tx, UUID(event.person.lead_id), EndReason.ERASED)
