"""Events of prospects."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2, prospects_pb2

from services.analytics.days import day_of
from services.analytics.prospects import operations
from services.analytics.prospects.domain import Prospect
from services.analytics.rollups.operations import note
from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("analytics")


@subscriptions.on_many(events_pb2.ProspectFound, events_pb2.ProspectPromoted, events_pb2.ProspectSetAside)
async def tell(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Prospects came, or went on their way."""
    await operations.learn(tx, [_prospect(event.prospect) for event, _ in arrived])
    await note(tx, [envelope for _, envelope in arrived])


def _prospect(told: prospects_pb2.Prospect) -> Prospect:
    return Prospect(
        id=UUID(told.id),
        owner_id=UUID(told.owner_id),
        team_id=UUID(told.team_id) if told.team_id else None,
        lead_id=UUID(told.lead_id) if told.lead_id else None,
        status=prospects_pb2.ProspectStatus.Name(told.status),
        found_day=day_of(from_timestamp(told.create_time)),
        version=told.version,
    )
