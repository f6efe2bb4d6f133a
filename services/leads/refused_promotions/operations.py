"""Keep that a promotion was refused."""

from uuid import UUID

from services.kit.database import Tx
from services.kit.ids import derived_id, new_id
from services.leads.refused_promotions.store import ADD_NEW


async def record(tx: Tx, lead_id: UUID) -> None:
    """Keep that the caller was refused to make a deal of a lead; a command that is repeated under its key, once."""
    identity = derived_id(lead_id, f"refused {tx.principal.user_id} {tx.key}") if tx.key else new_id()
    await tx.execute(ADD_NEW, id=identity, lead_id=lead_id, rep_id=tx.principal.user_id, create_time=tx.now)
