"""Events that describe leads, or end that."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2

from services.analytics.descriptions import operations
from services.analytics.rollups.operations import note
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("analytics")


@subscriptions.on_many(events_pb2.LeadDescribed)
async def tell(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Leads were described."""
    told = [event.lead_description for event, _ in arrived]
    await operations.learn(tx, [(UUID(one.lead_id), dict(one.values), one.version) for one in told])
    await note(tx, [envelope for _, envelope in arrived])


@subscriptions.on(events_pb2.PersonErased)
async def forget(tx: Tx, event: Any, _: Envelope) -> None:
    """Nothing more is known of somebody."""
    if event.person.lead_id:
        await operations.forget(tx, [UUID(event.person.lead_id)])
