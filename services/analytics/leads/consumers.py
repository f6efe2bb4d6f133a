"""Events of the leads service."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2, leads_pb2, process_pb2

from services.analytics.days import day_of
from services.analytics.leads import operations
from services.analytics.leads.domain import COLLECTED, STAGE_OF, Clock, Lead, dwell
from services.analytics.rollups.operations import note
from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("analytics")
JUDGED = (leads_pb2.Lead.QUALIFIED, leads_pb2.Lead.CONVERTED)


@subscriptions.on_many(
    events_pb2.LeadCaptured,
    events_pb2.LeadAssigned,
    events_pb2.LeadReturned,
    events_pb2.LeadClaimed,
    events_pb2.LeadNurtured,
    events_pb2.LeadTemperatureChanged,
    events_pb2.LeadQualified,
    events_pb2.LeadDiscarded,
    events_pb2.LeadJudged,
    events_pb2.LeadDiscardRequested,
    events_pb2.LeadDiscardRejected,
    events_pb2.LeadReopened,
    events_pb2.LeadUpdated,
    events_pb2.LeadHeld,
    events_pb2.LeadReleased,
    events_pb2.LeadConverted,
    events_pb2.LeadExclusivityOverridden,
    events_pb2.LeadMerged,
    events_pb2.LeadMergeUndone,
)
async def tell(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Leads came, or went on their way."""
    await operations.learn(tx, [_lead(event) for event, _ in arrived])
    await note(tx, [envelope for _, envelope in arrived])


@subscriptions.on_many(events_pb2.LeadClockSet)
async def measure(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Clocks of leads were set."""
    await operations.measure(tx, [_clock(event.lead_clock) for event, _ in arrived])
    await note(tx, [envelope for _, envelope in arrived])


def _clock(clock: Any) -> Clock:
    answered = clock.HasField("first_touch_time") and clock.HasField("start_time")
    waited = clock.first_touch_time.seconds - clock.start_time.seconds if answered else 0
    return Clock(
        id=UUID(clock.lead_id),
        version=clock.version,
        response_s=max(waited, 0) if answered else None,
        response_working_s=clock.response_working_s if answered else None,
        limited=clock.HasField("respond_by"),
        breached=clock.HasField("response_breach_time"),
        silent=clock.HasField("silent_time"),
    )


def _lead(event: Any) -> Lead:
    lead = event.lead
    # A lead that was given up may have been judged worth pursuing before.
    told = event.from_status if isinstance(event, events_pb2.LeadDiscarded) else lead.status
    captured = from_timestamp(lead.create_time)
    status = leads_pb2.Lead.Status.Name(lead.status)
    passages = [(process_pb2.Passage.Stage.Name(one.stage), from_timestamp(one.enter_time)) for one in lead.stages]
    return Lead(
        id=UUID(lead.id),
        company=lead.company,
        owner_id=UUID(lead.owner_id),
        team_id=UUID(lead.team_id) if lead.team_id else None,
        channel=lead.channel,
        campaign=lead.campaign,
        status=status,
        qualified=told in JUDGED,
        capture_time=captured,
        capture_day=day_of(captured),
        version=lead.version,
        lead_type=lead.lead_type,
        score=lead.score,
        judged=told in JUDGED or lead.checklist_version > 0,
        exclusive=lead.exclusive,
        deal_id=UUID(lead.deal_id) if lead.deal_id else None,
        stage=process_pb2.Passage.Stage.Name(lead.stage) if lead.stage else STAGE_OF.get(status, COLLECTED),
        stage_time=from_timestamp(lead.stage_time) if lead.HasField("stage_time") else None,
        **dwell(captured, passages),
    )
