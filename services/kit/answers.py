"""Answers kept for repetitions of an idempotency key are forgotten where they speak of somebody who is erased."""

from collections.abc import Iterable

from sqlalchemy import LargeBinary, Uuid, bindparam, column, delete, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.database import Tx
from services.kit.sql import Query
from services.kit.tables import idempotency

_parts = func.unnest(bindparam("sought", type_=ARRAY(LargeBinary)))
_sought = _parts.table_valued(column("part", LargeBinary), name="s").render_derived()
FORGET = Query(
    delete(idempotency).where(
        idempotency.c.tenant_id == bindparam("tenant_id", type_=Uuid),
        idempotency.c.key != bindparam("own"),
        exists(select(1).select_from(_sought).where(func.position(_sought.c.part.op("IN")(idempotency.c.answer)) > 0)),
    )
)


async def forget(tx: Tx, words: Iterable[str]) -> int:
    """Forget all answers that hold one of the words, such as an id or a name; how many there were.

    The answer to the very command that forgets stays: its repetition is answered by it.
    """
    sought = [word.encode() for word in words if word]
    return await tx.execute(FORGET, own=tx.key, sought=sought) if sought else 0
