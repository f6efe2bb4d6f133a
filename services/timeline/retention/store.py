"""Retention and holds in PostgreSQL, and the texts that are too old."""

from dealtrail.timeline.v1 import retention_pb2 as pb
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, array, insert

from services.kit.aliases import family, recorded
from services.kit.codec import Codec
from services.kit.pages import Listing
from services.kit.retention import Rules, too_old
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import tenant_table, time_column, uuid_column
from services.timeline.entries.store import entries_table
from services.timeline.metadata import metadata
from services.timeline.retention.domain import LegalHold, Retention
from services.timeline.touchpoints.store import touchpoints_table

MONTHS = ("visit_months", "communication_months", "document_months")
rules = Rules(metadata, MONTHS)
holds_table = tenant_table(
    "legal_holds",
    metadata,
    uuid_column(),
    uuid_column("held_by"),
    Column("covers", ARRAY(Uuid), nullable=False, server_default="{}"),
    time_column("create_time"),
)
lead_holds_table = tenant_table(
    "lead_holds", metadata, uuid_column(), Column("held", Boolean, nullable=False), time_column("told_time")
)
_put = insert(lead_holds_table).values({c.name: bindparam(c.name, type_=c.type) for c in lead_holds_table.columns})
HEAR = Query(
    _put.on_conflict_do_update(
        index_elements=["tenant_id", "id"],
        set_={"held": _put.excluded.held, "told_time": _put.excluded.told_time},
        where=lead_holds_table.c.told_time <= _put.excluded.told_time,
    )
)
"""What leads says last of the hold of a lead, in whatever order it is heard."""
rules_codec = Codec(Retention, pb.Retention)
codec = Codec(LegalHold, pb.LegalHold)
holds = Store(holds_table, codec, "legal hold", "诉讼保全")
listing = Listing(holds_table, filters={})

_tenant = bindparam("tenant_id", type_=Uuid)
RELEASE = Query(
    delete(holds_table).where(holds_table.c.tenant_id == _tenant, holds_table.c.id == bindparam("id", type_=Uuid))
)
_mine = family(array([holds_table.c.id]))
_both = func.unnest(holds_table.c.covers + _mine).column_valued("one")
COVER = Query(
    update(holds_table)
    .where(holds_table.c.tenant_id == _tenant, ~holds_table.c.covers.contains(_mine))
    .values(covers=select(func.array_agg(_both.distinct())).scalar_subquery())
)
"""Let holds reach what has been merged into their accounts. What a hold reached once it reaches until it ends."""
_t, _e, _h = touchpoints_table.c, entries_table.c, holds_table.c
_account = (
    select(recorded(entries_table, "account_id")[1])
    .where(_e.tenant_id == _t.tenant_id, _e.id == _t.id)
    .correlate(touchpoints_table)
).scalar_subquery()
_under = func.coalesce(_t.account_id, _account)
_l = lead_holds_table.c
_held: ColumnElement[bool] = exists(
    select(1)
    .where(_h.tenant_id == _t.tenant_id, (_h.id == _under) | (_under == any_(_h.covers)))
    .correlate(touchpoints_table)
) | exists(select(1).where(_l.tenant_id == _t.tenant_id, _l.id == _t.lead_id, _l.held).correlate(touchpoints_table))
_placed = exists(select(1).where(_e.tenant_id == _t.tenant_id, _e.id == _t.id).correlate(touchpoints_table))
"""Of which account it is, is known: while a projection is built anew, it is not."""
_too_old = (
    (_t.tenant_id == _tenant)
    & _placed
    & _t.sealed.is_not(None)
    & (_t.category == bindparam("category", type_=Text))
    & too_old(_t.create_time)
)
DUE = Query(
    select(_t.id)
    .where(_too_old, ~_held)
    .order_by(_t.create_time)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(of=touchpoints_table, skip_locked=True)
)
COUNT = Query(
    select(func.count().filter(~_held).label("going"), func.count().filter(_held).label("held"))
    .select_from(touchpoints_table)
    .where(_too_old)
)
CLEAR = Query(
    update(touchpoints_table)
    .where(_t.tenant_id == _tenant, _t.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .values(sealed=None)
)
