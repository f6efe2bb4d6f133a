"""SLA policies in PostgreSQL; none ships."""

from dealtrail.leads.v1 import sla_policies_pb2 as pb
from sqlalchemy import Boolean, Column, Integer, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import tenant_table, text_column, uuid_column
from services.leads.metadata import metadata
from services.leads.sla_policies.domain import SlaPolicy

table = tenant_table(
    "sla_policies",
    metadata,
    text_column("code"),
    Column("priority", Integer, nullable=False),
    uuid_column("team_id", nullable=True),
    text_column("channel"),
    Column("response_minutes", Integer, nullable=False),
    Column("escalate_minutes", Integer, nullable=False),
    Column("disposition_days", Integer, nullable=False),
    uuid_column("manager_id"),
    uuid_column("manager_team_id", nullable=True),
    Column("reassign", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    key=("code",),
)
codec = Codec(SlaPolicy, pb.SlaPolicy)

ALL = Query(select(table).where(table.c.tenant_id == bindparam("tenant_id")))
_given = {c.name: bindparam(c.name, type_=c.type) for c in table.columns}
_rest = {name: bound for name, bound in _given.items() if name not in ("tenant_id", "code")}
SET = Query(insert(table).values(_given).on_conflict_do_update(index_elements=["tenant_id", "code"], set_=_rest))
