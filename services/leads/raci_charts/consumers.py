"""Leads enter steps, as the events of this service tell."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.leads.raci_charts import operations
from services.leads.raci_charts.domain import Step
from services.leads.raci_charts.operations import Entry

STEPS: Mapping[Any, Step] = {
    events.LeadCaptured: Step.COLLECTED,
    events.LeadQualified: Step.VERIFIED,
    events.LeadAssigned: Step.DISTRIBUTED,
    events.LeadClaimed: Step.DISTRIBUTED,
    events.LeadConverted: Step.CONVERTED,
    events.LeadDiscarded: Step.CLOSED,
}
subscriptions = Subscriptions("leads")


@subscriptions.on_many(*STEPS)
async def follow(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Leads entered steps."""
    await operations.enter(tx, [_entry(event, envelope) for event, envelope in arrived])


def _entry(event: Any, envelope: Envelope) -> Entry:
    lead = event.lead
    return Entry(
        step=STEPS[type(event)],
        lead_id=UUID(lead.id),
        owner_id=UUID(lead.owner_id),
        team_id=UUID(lead.team_id) if lead.team_id else None,
        envelope=envelope,
    )
