"""Keep that a promotion was refused."""

from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.ids import derived_id, new_id
from services.leads.leads.store import leads
from services.leads.refused_promotions.domain import RefusedPromotion
from services.leads.refused_promotions.store import ADD_NEW, codec


async def record(tx: Tx, lead_id: UUID, reason: str) -> None:
    """Keep and tell that the caller was refused to make a deal of a lead, and why.

    Of a command that is repeated under its key, once.
    """
    identity = derived_id(lead_id, f"refused {tx.principal.user_id} {tx.key}") if tx.key else new_id()
    refused = RefusedPromotion(identity, lead_id, tx.principal.user_id, tx.now)
    kept = {"id": refused.id, "lead_id": lead_id, "rep_id": refused.rep_id, "create_time": tx.now}
    if await tx.execute(ADD_NEW, **kept):
        told = events.PromotionRefused(refused_promotion=codec.to_message(refused), reason=reason)
        tx.emit(told, refused, seen_as=await leads.get(tx, lead_id))
