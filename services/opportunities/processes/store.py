"""The tenant's own process versions in PostgreSQL; the shipped one is code. Versions are never changed."""

from dealtrail.opportunities.v1 import processes_pb2 as pb
from sqlalchemy import Boolean, Column, Integer, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import json_column, tenant_table, text_column, time_column
from services.opportunities.metadata import metadata
from services.opportunities.processes.domain import Process, Stage

table = tenant_table(
    "processes",
    metadata,
    text_column("code"),
    Column("version", Integer, nullable=False),
    text_column("name"),
    json_column("stages"),
    Column("is_default", Boolean, nullable=False),
    Column("created_by", Uuid, nullable=False),
    time_column("create_time"),
    key=("code", "version"),
)
codec = Codec(Process, pb.Process)
stage_codec = Codec(Stage, pb.Stage)

_own = select(table).where(table.c.tenant_id == bindparam("tenant_id"))
NEWEST = Query(_own.ext(distinct_on(table.c.code)).order_by(table.c.code, table.c.version.desc()))
NEWEST_OF = Query(
    _own.where(table.c.code == bindparam("code", type_=table.c.code.type)).order_by(table.c.version.desc()).limit(1)
)
ONE = Query(
    _own.where(
        table.c.code == bindparam("code", type_=table.c.code.type),
        table.c.version == bindparam("version", type_=table.c.version.type),
    )
)
DEFAULT_CODE = Query(
    select(table.c.code)
    .where(table.c.tenant_id == bindparam("tenant_id"), table.c.is_default)
    .order_by(table.c.create_time.desc())
    .limit(1)
)
ADD = Query(
    insert(table).values({c.name: bindparam(c.name, type_=c.type) for c in table.columns}).on_conflict_do_nothing()
)
