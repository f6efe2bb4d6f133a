"""Events of refused promotions."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2

from services.analytics.days import day_of
from services.analytics.refused_promotions import operations
from services.analytics.refused_promotions.domain import RefusedPromotion
from services.analytics.rollups.operations import note
from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("analytics")


@subscriptions.on_many(events_pb2.PromotionRefused)
async def tell(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Leads were to become deals, and did not."""
    await operations.learn(tx, [_refused(event) for event, _ in arrived])
    await note(tx, [envelope for _, envelope in arrived])


def _refused(event: Any) -> RefusedPromotion:
    one = event.refused_promotion
    day = day_of(from_timestamp(one.create_time))
    return RefusedPromotion(UUID(one.id), UUID(one.lead_id), UUID(one.rep_id), event.reason, day)
