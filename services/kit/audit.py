"""The audit log: who did what to whom and why, in the transaction of the deed, append-only."""

from uuid import UUID

from sqlalchemy import bindparam, insert

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.sql import Query
from services.kit.tables import audit

WRITE = Query(
    insert(audit).values({c.name: bindparam(c.name, type_=c.type) for c in audit.columns if c.server_default is None})
)


async def record(tx: Tx, action: str, subject_id: UUID, purpose: str) -> None:
    """Keep that the principal did `action` (such as "leads.reveal") to the subject, and what for."""
    await tx.execute(
        WRITE, id=new_id(), actor_id=tx.principal.user_id, action=action, subject_id=subject_id, purpose=purpose
    )
