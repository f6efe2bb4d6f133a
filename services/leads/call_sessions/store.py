"""Call sessions in PostgreSQL."""

from dealtrail.leads.v1 import call_sessions_pb2 as pb
from sqlalchemy import Column, DateTime, Integer, Text, Uuid, bindparam, func, literal, select

from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import (
    change_columns,
    json_column,
    owner_columns,
    tenant_table,
    text_column,
    time_column,
    uuid_column,
)
from services.leads.call_sessions.domain import CallSession, State
from services.leads.metadata import metadata

table = tenant_table(
    "call_sessions",
    metadata,
    uuid_column(),
    *owner_columns(),
    time_column("begin_time"),
    time_column("end_time"),
    text_column("place"),
    text_column("script_code"),
    Column("script_version", Integer, nullable=False),
    json_column("findings"),
    Column("calls", Integer, nullable=False),
    uuid_column("planned_by", nullable=True),
    text_column("state"),
    time_column("open_time", nullable=True),
    time_column("close_time", nullable=True),
    *change_columns(),
)
codec = Codec(CallSession, pb.CallSession)
sessions = Store(table, codec, "call session", "电话销售时段")
s = table.c
listing = Listing(
    table,
    filters={"owner_id": by_id(s.owner_id), "state": by_enum(s.state, pb.CallSession.State)},
    orders=("begin_time desc", "begin_time"),
)
_tenant, _owner = bindparam("tenant_id", type_=Uuid), bindparam("owner_id", type_=Uuid)
_key = func.concat(literal("call sessions ", Text), _tenant, _owner)
TURN = Query(select(func.pg_advisory_xact_lock(func.hashtextextended(_key, 0))), "turn of call sessions")
"""Of two sessions that are planned for one user at once, the second sees the first."""
OVERLAPPING = Query(
    select(s.begin_time, s.end_time)
    .where(
        s.tenant_id == _tenant,
        s.owner_id == _owner,
        s.state != State.CLOSED.value,
        s.begin_time < bindparam("end", type_=DateTime(timezone=True)),
        s.end_time > bindparam("begin", type_=DateTime(timezone=True)),
    )
    .limit(1)
)
"""A session of that user's in that time that is not closed."""
