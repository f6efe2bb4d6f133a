"""The tenant's own list in PostgreSQL, one row; the shipped one is code."""

from dealtrail.leads.v1 import collision_rules_pb2 as pb
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import json_column, tenant_table
from services.leads.collision_rules.domain import CollisionRule
from services.leads.metadata import metadata

table = tenant_table("collision_rules", metadata, json_column("rules"), key=())
codec = Codec(CollisionRule, pb.CollisionRule)

OWN = Query(select(table.c.rules).where(table.c.tenant_id == bindparam("tenant_id", type_=table.c.tenant_id.type)))
_given = bindparam("rules", type_=JSONB())
SET = Query(
    insert(table)
    .values(tenant_id=bindparam("tenant_id"), rules=_given)
    .on_conflict_do_update(index_elements=["tenant_id"], set_={"rules": _given})
)
