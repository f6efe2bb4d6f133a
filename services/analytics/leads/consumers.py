"""Events of the leads service."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2, leads_pb2

from services.analytics.days import day_of
from services.analytics.leads import operations
from services.analytics.leads.domain import Lead
from services.analytics.rollups.operations import note
from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("analytics")
JUDGED = (leads_pb2.Lead.QUALIFIED, leads_pb2.Lead.CONVERTED)


@subscriptions.on(events_pb2.LeadCaptured, events_pb2.LeadAssigned, events_pb2.LeadQualified, events_pb2.LeadConverted)
async def changed(tx: Tx, event: Any, envelope: Envelope) -> None:
    """A lead came, or went on its way."""
    await operations.learn(tx, _lead(event.lead, event.lead.status in JUDGED))
    await note(tx, envelope)


@subscriptions.on(events_pb2.LeadDiscarded)
async def discarded(tx: Tx, event: events_pb2.LeadDiscarded, envelope: Envelope) -> None:
    """A lead was given up, maybe after it had been judged worth pursuing."""
    await operations.learn(tx, _lead(event.lead, event.from_status in JUDGED))
    await note(tx, envelope)


def _lead(lead: leads_pb2.Lead, qualified: bool) -> Lead:
    captured = from_timestamp(lead.create_time)
    return Lead(
        id=UUID(lead.id),
        company=lead.company,
        owner_id=UUID(lead.owner_id),
        team_id=UUID(lead.team_id) if lead.team_id else None,
        channel=lead.channel,
        campaign=lead.campaign,
        status=leads_pb2.Lead.Status.Name(lead.status),
        qualified=qualified,
        capture_time=captured,
        capture_day=day_of(captured),
        version=lead.version,
    )
