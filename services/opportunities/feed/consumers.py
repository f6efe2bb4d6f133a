"""From our own events of deals to those that partners hear, once each."""

from typing import Any

from dealtrail.opportunities.v1 import events_pb2 as events

from services.kit import public
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.opportunities.feed import operations

UNTOLD = (events.DealAssigned, events.DealShared)
"""Who of the tenant works on a deal is no partner's business."""
TOLD: dict[Any, type[Any]] = {getattr(events, f"Deal{name}"): event for name, event in operations.EVENTS.items()}
"""The public event that each of our own becomes."""
subscriptions = Subscriptions("opportunities")


@subscriptions.on_many(*TOLD)
async def tell(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Tell partners, in the same order."""
    for event, envelope in arrived:
        data = public.narrowed(event, TOLD[type(event)]())
        public.publish(tx, operations.FEED, operations.subject_name(type(data)), data, envelope)
