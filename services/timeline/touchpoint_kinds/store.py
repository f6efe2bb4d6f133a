"""The tenant's own kinds in PostgreSQL; the shipped ones are code."""

from dealtrail.timeline.v1 import touchpoint_kinds_pb2 as pb
from sqlalchemy import Boolean, Column, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import tenant_table, text_column
from services.timeline.metadata import metadata
from services.timeline.touchpoint_kinds.domain import TouchpointKind

table = tenant_table(
    "touchpoint_kinds",
    metadata,
    text_column("code"),
    text_column("category"),
    text_column("label_zh"),
    text_column("label_en"),
    Column("active", Boolean, nullable=False),
    key=("code",),
)
codec = Codec(TouchpointKind, pb.TouchpointKind)

OWN = Query(select(table).where(table.c.tenant_id == bindparam("tenant_id")))
_given = {c.name: bindparam(c.name, type_=c.type) for c in table.columns}
SET = Query(
    insert(table)
    .values(_given)
    .on_conflict_do_update(
        index_elements=["tenant_id", "code"], set_={name: _given[name] for name in ("label_zh", "label_en", "active")}
    )
)
