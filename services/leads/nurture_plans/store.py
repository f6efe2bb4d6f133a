"""The tenant's own plans in PostgreSQL; what ships is code. A version never changes."""

from dealtrail.leads.v1 import nurture_plans_pb2 as pb
from sqlalchemy import Boolean, Column, Integer, Text, bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.metadata import metadata
from services.leads.nurture_plans.domain import NurturePlan

table = tenant_table(
    "nurture_plans",
    metadata,
    text_column("code"),
    Column("version", Integer, nullable=False),
    text_column("label"),
    json_column("cadences"),
    *(Column(name, Boolean, nullable=False) for name in ("by_rule", "active")),
    uuid_column("created_by"),
    time_column("create_time"),
    key=("code", "version"),
)
codec = Codec(NurturePlan, pb.NurturePlan)
c = table.c
_own = select(table).where(c.tenant_id == bindparam("tenant_id", type_=c.tenant_id.type))
_code = bindparam("code", type_=Text)
NEWEST = Query(_own.ext(distinct_on(c.code)).order_by(c.code, c.version.desc()))
NEWEST_OF = Query(_own.where(c.code == _code).order_by(c.version.desc()).limit(1))
ONE = Query(_own.where(c.code == _code, c.version == bindparam("version", type_=Integer)))
ADD = Query(
    insert(table)
    .values({one.name: bindparam(one.name, type_=one.type) for one in table.columns})
    .on_conflict_do_nothing()
)
