"""What rules ask, as other services tell it: touchpoints, and deals that are open."""

from typing import Any
from uuid import UUID

from dealtrail.opportunities.v1 import events_pb2 as deals
from dealtrail.timeline.v1 import events_pb2 as timeline

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.leads.collisions.store import DEAL, TOUCH

subscriptions = Subscriptions("leads")


@subscriptions.on(timeline.TouchpointRecorded)
async def touch(tx: Tx, event: Any, _: Envelope) -> None:
    """Note the first and the last touchpoint with a lead or account."""
    touchpoint = event.touchpoint
    at = from_timestamp(touchpoint.occurred_time)
    for row_id in filter(None, (touchpoint.account_id, touchpoint.lead_id)):
        await tx.execute(TOUCH, row_id=UUID(row_id), first_time=at, last_time=at)


@subscriptions.on(deals.DealOpened, deals.DealWon, deals.DealLost)
async def deal(tx: Tx, event: Any, envelope: Envelope) -> None:
    """Note whether a deal with an account is open, and since when; in whatever order that is told."""
    if not event.deal.account_id:
        return
    await tx.execute(
        DEAL,
        deal_id=envelope.aggregate_id,
        account_id=UUID(event.deal.merged_from or event.deal.account_id),
        open_time=envelope.occurred_at,
        open=envelope.type.endswith("DealOpened"),
        version=envelope.version,
    )
