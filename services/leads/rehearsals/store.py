"""Rehearsals in PostgreSQL. They are kept as they were noted."""

from dealtrail.leads.v1 import rehearsals_pb2 as pb
from sqlalchemy import Column, Integer, Text, Uuid, bindparam, select

from services.kit.codec import Codec
from services.kit.pages import Listing, by_id, by_text
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import owner_columns, tenant_table, text_column, time_column, uuid_column
from services.leads.metadata import metadata
from services.leads.rehearsals.domain import Rehearsal

table = tenant_table(
    "rehearsals",
    metadata,
    uuid_column(),
    *owner_columns(),
    text_column("script_code"),
    Column("script_version", Integer, nullable=False),
    uuid_column("partner_id", nullable=True),
    Column("minutes", Integer, nullable=False),
    text_column("note"),
    time_column("create_time"),
)
codec = Codec(Rehearsal, pb.Rehearsal)
rehearsals = Store(table, codec, "rehearsal", "话术演练")
r = table.c
listing = Listing(table, filters={"owner_id": by_id(r.owner_id), "script_code": by_text(r.script_code)})
DONE = Query(
    select(r.id)
    .where(
        r.tenant_id == bindparam("tenant_id", type_=Uuid),
        r.owner_id == bindparam("me", type_=Uuid),
        r.script_code == bindparam("code", type_=Text),
        r.script_version == bindparam("version", type_=Integer),
    )
    .limit(1)
)
"""Whether the caller has rehearsed that very version."""
