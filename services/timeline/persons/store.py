"""Which texts may speak of a person, and how what they say is replaced."""

from sqlalchemy import LargeBinary, Uuid, any_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.sql import Query
from services.timeline.entries.store import entries_table
from services.timeline.touchpoints.store import sealing, touchpoints_table

_tenant = bindparam("tenant_id", type_=Uuid)
_open = touchpoints_table.c.sealed.is_not(None) | sealing.unsealed()


def _any(column: str) -> object:
    return entries_table.c[column] == any_(bindparam(f"{column}s", type_=ARRAY(Uuid)))


_near = select(entries_table.c.id).where(
    entries_table.c.tenant_id == _tenant,
    or_(*(_any(name) for name in ("lead_id", "account_id", "deal_id"))),  # type: ignore[arg-type] # ScalarSelect of booleans
)
TEXTS = Query(
    sealing.select()
    .where(touchpoints_table.c.tenant_id == _tenant, touchpoints_table.c.id.in_(_near), _open)
    .order_by(touchpoints_table.c.id)
    .with_for_update(of=touchpoints_table)
)
"""Those of the person's leads, accounts and deals: whoever takes part in a touchpoint is a contact of its account."""
REWRITE = Query(
    update(touchpoints_table)
    .where(touchpoints_table.c.tenant_id == _tenant, touchpoints_table.c.id == bindparam("which", type_=Uuid))
    .values(subject="", note="", place="", sealed=bindparam("sealed", type_=LargeBinary))
)
