"""The tenant's own entries in PostgreSQL; the shipped ones are code."""

from dealtrail.leads.v1 import discard_reasons_pb2 as pb
from sqlalchemy import Boolean, Column, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import tenant_table, text_column
from services.leads.discard_reasons.domain import DiscardReason
from services.leads.metadata import metadata

table = tenant_table(
    "discard_reasons",
    metadata,
    text_column("code"),
    text_column("label"),
    Column("active", Boolean, nullable=False),
    Column("second_look", Boolean, nullable=False, server_default="false"),
    key=("code",),
)
codec = Codec(DiscardReason, pb.DiscardReason)

OWN = Query(select(table).where(table.c.tenant_id == bindparam("tenant_id")))
_given = {c.name: bindparam(c.name, type_=c.type) for c in table.columns}
SET = Query(
    insert(table)
    .values(_given)
    .on_conflict_do_update(
        index_elements=["tenant_id", "code"], set_={name: _given[name] for name in ("label", "active", "second_look")}
    )
)
