"""Lead clocks in PostgreSQL, one row a lead."""

from collections.abc import Iterable
from uuid import UUID

from dealtrail.leads.v1 import lead_clocks_pb2 as pb
from sqlalchemy import BigInteger, Column, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.codec import Codec
from services.kit.database import Tx
from services.kit.ids import derived_id
from services.kit.pages import Listing, by_id
from services.kit.sql import Query, given_rows
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, time_column, uuid_column
from services.leads.lead_clocks.domain import LeadClock
from services.leads.leads.store import with_lead
from services.leads.metadata import metadata

AT_ONCE = 200
"""Clocks that one piece of periodic work looks at."""
_times = ("respond_by", "escalate_by", "dispose_by", "first_touch_time", "disposed_time")
_told = ("response_breach_time", "escalate_time", "silent_time", "due_time")
table = tenant_table(
    "lead_clocks",
    metadata,
    uuid_column(),
    uuid_column("lead_id"),
    Column("lead_version", BigInteger, nullable=False),
    uuid_column("held_by", nullable=True),
    text_column("policy"),
    time_column("start_time", nullable=True),
    *(time_column(name, nullable=True) for name in (*_times, *_told)),
    Column("response_working_s", BigInteger, nullable=False),
    *change_columns(),
)
codec = Codec(LeadClock, pb.LeadClock)
c = table.c
_sight = with_lead(table)
clocks = Store(table, codec, "lead clock", "线索时钟", sight=_sight)
_waits = c.disposed_time.is_(None)
_overdue = _waits & (c.silent_time.is_not(None) | (c.response_breach_time.is_not(None) & c.first_touch_time.is_(None)))
overdue = Listing(table, filters={"held_by": by_id(c.held_by)}, within=_overdue, sight=_sight)

_tenant = c.tenant_id == bindparam("tenant_id", type_=Uuid)
KNOWN = Query(
    select(table).where(_tenant, c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))).order_by(c.id).with_for_update()
)
FALLEN_DUE = Query(
    select(table)
    .where(_tenant, c.due_time <= bindparam("now", type_=c.due_time.type))
    .order_by(c.due_time)
    .limit(AT_ONCE)
    .with_for_update(skip_locked=True)
)
_given = insert(table).from_select([one.name for one in table.columns], given_rows(table))
_newer = {one.name: _given.excluded[one.name] for one in table.columns if not one.primary_key}
WRITE = Query(
    _given.on_conflict_do_update(
        index_elements=["tenant_id", "id"], set_=_newer, where=c.version < _given.excluded.version
    ),
    "write clocks",
)
"""A clock that was not there when it was looked for may be there by now: that row stays as it is."""


def clock_of(lead_id: UUID) -> UUID:
    """The id of the one clock of a lead."""
    return derived_id(lead_id, "clock")


async def known(tx: Tx, lead_ids: Iterable[UUID]) -> dict[UUID, LeadClock]:
    """The clocks of those of the leads that have one, by lead, held against others."""
    rows = await tx.fetch(KNOWN, ids=sorted(map(clock_of, lead_ids)))
    return {row["lead_id"]: codec.from_row(row) for row in rows}
