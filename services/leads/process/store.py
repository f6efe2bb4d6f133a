"""Leads that somebody owns and nobody has got in touch with yet."""

from sqlalchemy import Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.sql import Query
from services.leads.leads.store import OPEN, table
from services.leads.pool.store import UNOWNED

UNTOUCHED = Query(
    select(table.c.id)
    .where(
        table.c.tenant_id == bindparam("tenant_id", type_=Uuid),
        table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        OPEN,
        ~UNOWNED,
        ~table.c.nurtured,
    )
    .order_by(table.c.id)
)
