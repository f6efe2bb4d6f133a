"""Discards in PostgreSQL. What people typed is sealed under the key of the lead's person, and goes with it."""

from dealtrail.leads.v1 import discards_pb2 as pb
from sqlalchemy import bindparam, select

from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_text
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, time_column, uuid_column
from services.leads.discards.domain import Discard, State
from services.leads.leads.store import by_lead, with_lead
from services.leads.metadata import metadata

table = tenant_table(
    "discards",
    metadata,
    uuid_column(),
    uuid_column("lead_id"),
    text_column("reason"),
    text_column("from_status"),
    text_column("state"),
    uuid_column("requested_by", nullable=True),
    uuid_column("decided_by", nullable=True),
    time_column("decide_time", nullable=True),
    text_column("decide_why"),
    uuid_column("reopened_by", nullable=True),
    time_column("reopen_time", nullable=True),
    text_column("reopen_why"),
    sealed_column(),
    *change_columns(),
)
codec = Codec(Discard, pb.Discard)
sealing = Sealing(table, ("decide_why", "reopen_why"), key="lead_id")
discards = Store(table, codec, "discard", "放弃记录", sight=with_lead(table), sealing=sealing)
listing = Listing(
    table,
    filters={
        "state": by_enum(table.c.state, pb.Discard.State),
        "lead_id": by_lead(table),
        "reason": by_text(table.c.reason),
    },
    sight=with_lead(table),
    sealing=sealing,
)
STANDING = Query(
    select(table.c.id).where(
        table.c.tenant_id == bindparam("tenant_id"),
        table.c.lead_id == bindparam("lead_id"),
        table.c.state == State.STANDS.value,
    )
)
