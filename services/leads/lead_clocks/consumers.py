"""Clocks follow what this service itself tells of leads, and the touchpoints that timeline keeps."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import leads_pb2
from dealtrail.timeline.v1 import events_pb2 as timeline
from dealtrail.timeline.v1 import touchpoints_pb2

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.leads.lead_clocks import operations
from services.leads.lead_clocks.domain import Standing
from services.leads.leads.domain import NOBODY

subscriptions = Subscriptions("leads")


@subscriptions.on_many(
    events.LeadCaptured,
    events.LeadAssigned,
    events.LeadReturned,
    events.LeadClaimed,
    events.LeadQualified,
    events.LeadDiscardRequested,
    events.LeadDiscardRejected,
    events.LeadDiscarded,
    events.LeadReopened,
    events.LeadConverted,
    events.LeadMerged,
    events.LeadMergeUndone,
)
async def follow(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Leads came, changed hands, or were decided."""
    await operations.follow(tx, [_standing(event.lead, envelope) for event, envelope in arrived])


@subscriptions.on_many(timeline.TouchpointRecorded, timeline.TouchpointCorrected)
async def touched(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Somebody got in touch; what came from the customer is no answer of ours."""
    told = [event.touchpoint for event, _ in arrived]
    ours = [one for one in told if one.lead_id and one.direction != touchpoints_pb2.Touchpoint.IN]
    if ours:
        await operations.touched(tx, [(UUID(one.lead_id), from_timestamp(one.occurred_time)) for one in ours])


def _standing(lead: Any, envelope: Envelope) -> Standing:
    owner_id = UUID(lead.owner_id)
    return Standing(
        id=UUID(lead.id),
        version=lead.version,
        owner_id=owner_id,
        team_id=UUID(lead.team_id) if lead.team_id else None,
        channel=lead.channel,
        undecided=lead.status == leads_pb2.Lead.NEW and not lead.discard_request and owner_id != NOBODY,
        capture_time=from_timestamp(lead.create_time),
        at=envelope.occurred_at,
        told=envelope.recorded_at,
    )
