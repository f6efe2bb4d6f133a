"""Charts, and leads that somebody is still to be told of, in PostgreSQL."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dealtrail.leads.v1 import raci_charts_pb2 as pb
from sqlalchemy import Column, ColumnElement, DateTime, Integer, Uuid, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.codec import Codec
from services.kit.database import Tx
from services.kit.pages import Listing, by_enum
from services.kit.sql import Query, column_values, given_rows
from services.kit.store import Store
from services.kit.tables import change_columns, json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.metadata import metadata
from services.leads.process.domain import Stage
from services.leads.raci_charts.domain import RaciAssignment, RaciChart, RaciGap, State

table = tenant_table(
    "raci_charts",
    metadata,
    uuid_column(),
    Column("number", Integer, nullable=False),
    text_column("state"),
    json_column("assignments"),
    uuid_column("author_id"),
    time_column("activate_time", nullable=True),
    *change_columns(),
)
arrivals = tenant_table(
    "raci_arrivals",
    metadata,
    text_column("stage"),
    uuid_column("user_id"),
    uuid_column("lead_id"),
    time_column("since"),
    key=("stage", "user_id", "lead_id"),
)
tellings = tenant_table(
    "raci_tellings",
    metadata,
    text_column("stage"),
    uuid_column("user_id"),
    time_column("told_time"),
    key=("stage", "user_id"),
)


@dataclass(frozen=True)
class Arrival:
    """A lead has entered a stage, and the user is to be told."""

    stage: Stage
    user_id: UUID
    lead_id: UUID
    since: datetime


codec = Codec(RaciChart, pb.RaciChart)
assignment_codec = Codec(RaciAssignment, pb.RaciAssignment)
gap_codec = Codec(RaciGap, pb.RaciGap)
arrival_codec: Codec[Arrival, None] = Codec(Arrival, None)
charts = Store(table, codec, "RACI chart", "RACI 职责表")
listing = Listing(table, filters={"state": by_enum(table.c.state, pb.RaciChart.State)}, orders=("create_time desc",))

_own: ColumnElement[bool] = table.c.tenant_id == bindparam("tenant_id", type_=Uuid)
NEWEST = Query(select(func.coalesce(func.max(table.c.number), 0)).where(_own))
ADD = Query(
    insert(table).values({c.name: bindparam(c.name, type_=c.type) for c in table.columns}).on_conflict_do_nothing()
)
_active = table.c.state == State.ACTIVE.value
ACTIVE = Query(select(table).where(_own, _active))
a = arrivals.c
_of_tenant: ColumnElement[bool] = a.tenant_id == bindparam("tenant_id", type_=Uuid)
EXPECT = Query(
    insert(arrivals).from_select([c.name for c in arrivals.columns], given_rows(arrivals)).on_conflict_do_nothing(),
    "expect notices",
)
w, t = arrivals.alias("waiting").c, tellings.c
_lately = (
    select(t.user_id)
    .where(t.tenant_id == w.tenant_id, t.stage == w.stage, t.user_id == w.user_id)
    .where(t.told_time > bindparam("before", type_=DateTime(timezone=True)))
)
_waited = (
    select(w.stage, w.user_id)
    .where(w.tenant_id == bindparam("tenant_id", type_=Uuid), ~_lately.exists())
    .distinct()
    .limit(bindparam("limit", type_=Integer))
)
_gone = delete(arrivals).where(_of_tenant, tuple_(a.stage, a.user_id).in_(_waited)).returning(*arrivals.columns).cte()
TAKE = Query(
    select(
        _gone.c.stage,
        _gone.c.user_id,
        func.count().label("leads"),
        func.array_agg(_gone.c.lead_id, type_=ARRAY(Uuid))[1].label("lead_id"),
    ).group_by(_gone.c.stage, _gone.c.user_id)
)
"""All that users are to be told of stages of which they were not told since `before`."""
_told = insert(tellings).values({c.name: bindparam(c.name, type_=c.type) for c in tellings.columns})
TOLD = Query(
    _told.on_conflict_do_update(
        index_elements=["tenant_id", "stage", "user_id"], set_={"told_time": _told.excluded.told_time}
    )
)


async def expect(tx: Tx, found: Iterable[Arrival]) -> None:
    """Keep that these users are to be told of these leads."""
    tenant = {"tenant_id": tx.principal.tenant_id}
    if rows := [tenant | arrival_codec.to_row(one) for one in dict.fromkeys(found)]:
        await tx.execute(EXPECT, **column_values(arrivals, rows))
