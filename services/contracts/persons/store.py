"""The contracts of the deals that name a person."""

from sqlalchemy import Uuid, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.contracts.contracts.store import table
from services.kit.sql import Query

CONTRACTS = Query(
    select(*(table.c[name] for name in ("id", "number", "title", "status", "sign_date", "attributes", "create_time")))
    .where(
        table.c.tenant_id == bindparam("tenant_id", type_=Uuid),
        table.c.deal_id == any_(bindparam("deal_ids", type_=ARRAY(Uuid))),
    )
    .order_by(table.c.id)
)
REWRITE = Query(
    update(table)
    .where(table.c.tenant_id == bindparam("tenant_id", type_=Uuid), table.c.id == bindparam("which", type_=Uuid))
    .values(
        title=bindparam("title", type_=table.c.title.type),
        attributes=bindparam("attributes", type_=JSONB),
        version=table.c.version + 1,
    )
)
