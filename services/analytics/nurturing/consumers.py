"""Events of nurturing."""

from datetime import date
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2, leads_pb2, nurture_steps_pb2

from services.analytics.nurturing import operations
from services.analytics.nurturing.domain import RANKS, Reading, Step
from services.analytics.rollups.operations import note
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("analytics")


@subscriptions.on_many(events_pb2.LeadEnrolled, events_pb2.EnrolmentChanged, events_pb2.EnrolmentEnded)
async def tell(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Leads were enrolled, and steps came to results."""
    await operations.learn(tx, [_step(one, event.enrolment.version) for event, _ in arrived for one in event.steps])
    await note(tx, [envelope for _, envelope in arrived])


@subscriptions.on_many(events_pb2.LeadTemperatureChanged)
async def read(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Leads were said to be warmer or colder."""
    await operations.read(tx, [_reading(event.lead, envelope) for event, envelope in arrived])


def _step(told: nurture_steps_pb2.NurtureStep, version: int) -> Step:
    return Step(
        id=UUID(told.id),
        version=version,
        lead_id=UUID(told.lead_id),
        kind=told.kind,
        due_day=date.fromisoformat(told.due_date),
        state=nurture_steps_pb2.NurtureStep.State.Name(told.state),
    )


def _reading(lead: leads_pb2.Lead, envelope: Envelope) -> Reading:
    rank = RANKS[leads_pb2.Lead.Temperature.Name(lead.temperature)]
    return Reading(UUID(lead.id), envelope.version, envelope.occurred_at, rank)
