"""Touchpoints in PostgreSQL, and all that they said before. A touchpoint is seen by whoever sees its entry."""

from typing import Any

from dealtrail.timeline.v1 import touchpoints_pb2 as pb
from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, Integer, Text, Uuid, bindparam, exists, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.codec import Codec
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query, insert_row
from services.kit.store import Store
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.timeline.entries.store import entries_table, in_entry_sight
from services.timeline.metadata import metadata
from services.timeline.touchpoints.domain import Touchpoint

TEXT = ("subject", "note", "place")
"""What may speak of anybody, and is sealed under a key of the touchpoint's own."""


def _columns() -> tuple[Column[Any], ...]:
    return (
        uuid_column(),
        *(uuid_column(name, nullable=True) for name in ("account_id", "lead_id", "deal_id")),
        text_column("kind"),
        text_column("category"),
        Column("direction", Text),
        time_column("occurred_time"),
        Column("duration_s", Integer, nullable=False),
        *(text_column(name) for name in TEXT),
        sealed_column(),
        Column("has_text", Boolean, nullable=False),
        Column("participants", ARRAY(Uuid), nullable=False),
        text_column("visibility"),
        uuid_column("author_id"),
        time_column("create_time"),
        time_column("update_time"),
        Column("version", BigInteger, nullable=False),
    )


touchpoints_table = tenant_table("touchpoints", metadata, *_columns())
former_table = tenant_table("touchpoint_versions", metadata, *_columns(), key=("id", "version"))


def _with_entry(how_far: str) -> ColumnElement[bool]:
    same = (entries_table.c.tenant_id == touchpoints_table.c.tenant_id) & (entries_table.c.id == touchpoints_table.c.id)
    mine = touchpoints_table.c.tenant_id == bindparam("tenant_id", type_=Uuid)
    return mine & exists(select(1).where(same, in_entry_sight(how_far)))


codec = Codec(Touchpoint, pb.Touchpoint)
sealing = Sealing(touchpoints_table, TEXT)
former_sealing = Sealing(former_table, TEXT, about=touchpoints_table.name)
touchpoints = Store(touchpoints_table, codec, "touchpoint", "接触点", sight=_with_entry, sealing=sealing)
KEEP = insert_row(former_table)
FORMER = Query(
    former_sealing.select()
    .where(former_table.c.tenant_id == bindparam("tenant_id"), former_table.c.id == bindparam("id"))
    .order_by(former_table.c.version.desc())
)
