"""The deals that name a person."""

from sqlalchemy import Uuid, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit.sql import Query
from services.opportunities.deals.store import table

_named = (table.c.lead_id == any_(bindparam("lead_ids", type_=ARRAY(Uuid)))) | (
    table.c.contact_id == any_(bindparam("contact_ids", type_=ARRAY(Uuid)))
)
DEALS = Query(
    select(table.c.id, table.c.name, table.c.contact_id, table.c.attributes, table.c.create_time)
    .where(table.c.tenant_id == bindparam("tenant_id", type_=Uuid), _named)
    .order_by(table.c.id)
)
REWRITE = Query(
    update(table)
    .where(table.c.tenant_id == bindparam("tenant_id", type_=Uuid), table.c.id == bindparam("which", type_=Uuid))
    .values(
        name=bindparam("name", type_=table.c.name.type),
        attributes=bindparam("attributes", type_=JSONB),
        version=table.c.version + 1,
    )
)
