"""Leads are described once they are captured: nobody who records one waits for it."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.leads.persona_attributes import operations

subscriptions = Subscriptions("leads")


@subscriptions.on_many(events.LeadCaptured)
async def captured(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Leads came."""
    await operations.describe_captured(tx, {UUID(event.lead.id) for event, _ in arrived})
