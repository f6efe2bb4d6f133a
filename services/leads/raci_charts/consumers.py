"""Leads come to stages, as the events of this service tell."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import process_pb2

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.leads.process.domain import Stage
from services.leads.raci_charts import operations
from services.leads.raci_charts.operations import Entry

subscriptions = Subscriptions("leads")


@subscriptions.on_many(
    events.LeadCaptured,
    events.LeadQualified,
    events.LeadAssigned,
    events.LeadClaimed,
    events.LeadReturned,
    events.LeadNurtured,
    events.LeadTemperatureChanged,
    events.LeadConverted,
    events.LeadDiscarded,
    events.LeadReopened,
)
async def follow(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Leads came to stages."""
    await operations.enter(tx, [entry for event, envelope in arrived for entry in _entries(event, envelope)])


def _entries(event: Any, envelope: Envelope) -> Iterator[Entry]:
    """The stage that the lead came to with this very event; every lead is collected, wherever it stands at once."""
    lead = event.lead
    stages = {Stage.COLLECTED} if isinstance(event, events.LeadCaptured) else set()
    if lead.HasField("stage_time") and from_timestamp(lead.stage_time) == envelope.occurred_at:
        stages.add(Stage[process_pb2.Passage.Stage.Name(lead.stage)])
    for stage in sorted(stages):
        yield Entry(
            stage=stage,
            lead_id=UUID(lead.id),
            owner_id=UUID(lead.owner_id),
            team_id=UUID(lead.team_id) if lead.team_id else None,
            envelope=envelope,
        )
