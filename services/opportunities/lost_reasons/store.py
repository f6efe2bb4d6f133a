"""The tenant's own entries in PostgreSQL; the shipped ones are code."""

from dealtrail.opportunities.v1 import lost_reasons_pb2 as pb
from sqlalchemy import Boolean, Column, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import tenant_table, text_column
from services.opportunities.lost_reasons.domain import LostReason
from services.opportunities.metadata import metadata

table = tenant_table(
    "lost_reasons",
    metadata,
    text_column("code"),
    text_column("label"),
    Column("active", Boolean, nullable=False),
    key=("code",),
)
codec = Codec(LostReason, pb.LostReason)

OWN = Query(select(table).where(table.c.tenant_id == bindparam("tenant_id")))
_given = {c.name: bindparam(c.name, type_=c.type) for c in table.columns}
SET = Query(
    insert(table)
    .values(_given)
    .on_conflict_do_update(
        index_elements=["tenant_id", "code"], set_={"label": _given["label"], "active": _given["active"]}
    )
)
