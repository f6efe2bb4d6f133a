"""The tenant's own scripts in PostgreSQL; what ships is code. A version never changes."""

from dealtrail.leads.v1 import call_scripts_pb2 as pb
from sqlalchemy import Boolean, Column, Integer, Text, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert

from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import json_column, money_columns, tenant_table, text_column, time_column, uuid_column
from services.leads.call_scripts.domain import CallScript, ScriptFinding, ScriptSection
from services.leads.metadata import metadata

table = tenant_table(
    "call_scripts",
    metadata,
    text_column("code"),
    Column("version", Integer, nullable=False),
    text_column("label"),
    Column("priority", Integer, nullable=False),
    *money_columns("from_amount", nullable=True),
    *money_columns("below_amount", nullable=True),
    Column("quintiles", ARRAY(Integer), nullable=False),
    json_column("sections"),
    *(Column(name, Boolean, nullable=False) for name in ("must_rehearse", "active")),
    uuid_column("created_by"),
    time_column("create_time"),
    key=("code", "version"),
)
codec = Codec(CallScript, pb.CallScript)
section_codec = Codec(ScriptSection, pb.ScriptSection)
finding_codec = Codec(ScriptFinding, pb.ScriptFinding)
c = table.c
_own = select(table).where(c.tenant_id == bindparam("tenant_id", type_=Uuid))
_code = bindparam("code", type_=Text)
NEWEST = Query(_own.ext(distinct_on(c.code)).order_by(c.code, c.version.desc()))
NEWEST_OF = Query(_own.where(c.code == _code).order_by(c.version.desc()).limit(1))
ONE = Query(_own.where(c.code == _code, c.version == bindparam("version", type_=Integer)))
ADD = Query(
    insert(table)
    .values({one.name: bindparam(one.name, type_=one.type) for one in table.columns})
    .on_conflict_do_nothing()
)
