"""Checklists, what was noted for accounts, and where they stand by it, in PostgreSQL; the general checklist is code."""

from typing import Any

from dealtrail.leads.v1 import development_pb2 as pb
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.sql.expression import Executable

from services.kit.aliases import given_columns, merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_enum, by_text
from services.kit.sql import Query, Variants
from services.kit.tables import json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.accounts.store import of_account
from services.leads.cycles.domain import Move
from services.leads.cycles.store import cycles_table, standings_table
from services.leads.development.domain import Development, DevelopmentChecklist, DevelopmentEntry, DevelopmentItem, Step
from services.leads.metadata import metadata

checklists_table = tenant_table(
    "development_checklists",
    metadata,
    text_column("territory"),
    text_column("segment"),
    Column("version", Integer, nullable=False),
    json_column("items"),
    uuid_column("created_by"),
    time_column("create_time"),
    key=("territory", "segment", "version"),
)
entries_table = tenant_table(
    "development_entries",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    text_column("item"),
    Column("done", Boolean, nullable=False),
    uuid_column("user_id"),
    time_column("create_time"),
    text_column("territory"),
    text_column("segment"),
    Column("checklist_version", Integer, nullable=False),
)
table = tenant_table(
    "developments",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    text_column("territory"),
    text_column("segment"),
    Column("checklist_version", Integer, nullable=False),
    text_column("step"),
    time_column("step_time"),
    json_column("ticks"),
    json_column("passages"),
    time_column("create_time"),
    time_column("update_time"),
    Column("version", BigInteger, nullable=False),
)
"""Where each account stands that has entries: made of these whenever they change."""
checklist_codec = Codec(DevelopmentChecklist, pb.DevelopmentChecklist)
item_codec = Codec(DevelopmentItem, pb.DevelopmentItem)
entry_codec = Codec[DevelopmentEntry, None](DevelopmentEntry, None)
codec = Codec(Development, pb.Development)
_sight = of_account(table)
_tenant = bindparam("tenant_id", type_=Uuid)
_account = bindparam("account_id", type_=Uuid)
d, e, c = table.c, entries_table.c, checklists_table.c
_ranked, _cycle = standings_table.c, cycles_table.c
QUINTILE: ColumnElement[Any] = func.coalesce(
    select(case((_ranked.move == Move.DROPPED.value, 0), else_=_ranked.quintile))
    .join(cycles_table, (_cycle.tenant_id == _ranked.tenant_id) & (_cycle.id == _ranked.cycle_id))
    .where(_ranked.tenant_id == d.tenant_id, _ranked.account_id == d.account_id)
    .order_by(_cycle.end_date.desc(), _cycle.create_time.desc())
    .limit(1)
    .correlate(table)
    .scalar_subquery(),
    0,
)
"""The class of the account in the newest cycle that knows of it; 0 if none does or it has left the list since."""
FILTERS = {"territory": by_text(d.territory), "segment": by_text(d.segment)}
listing = Listing(
    table,
    filters=FILTERS
    | {
        "step": by_enum(d.step, pb.Development.Step),
        "quintile": Filter(bindparam("quintile", type_=Integer) == QUINTILE),
    },
    orders=("create_time desc", "create_time", "step_time", "step_time desc"),
    sight=_sight,
)

_own = select(checklists_table).where(c.tenant_id == _tenant)
_territory, _segment = bindparam("territory", type_=Text), bindparam("segment", type_=Text)
_version = bindparam("version", type_=Integer)
NEWEST = Query(_own.ext(distinct_on(c.territory, c.segment)).order_by(c.territory, c.segment, c.version.desc()))
ONE = Query(_own.where(c.territory == _territory, c.segment == _segment, c.version == _version))
_last = select(func.coalesce(func.max(c.version), 0))
LAST = Query(_last.where(c.tenant_id == _tenant, c.territory == _territory, c.segment == _segment))
MOST_TELLING = Query(
    _own.where(or_(c.territory == _territory, c.territory == ""), or_(c.segment == _segment, c.segment == ""))
    .order_by((c.territory == "").asc(), (c.segment == "").asc(), c.version.desc())
    .limit(1)
)
"""The newest checklist of the region and the industry, else of the region, else of the industry, else of all."""
_checklist = {one.name: bindparam(one.name, type_=one.type) for one in checklists_table.columns}
ADD = Query(insert(checklists_table).values(_checklist).on_conflict_do_nothing())
NOTE = Query(insert(entries_table).values(given_columns(entries_table)))
ENTRIES = Query(select(entries_table).where(e.tenant_id == _tenant, e.account_id == _account))
_given = insert(table).values({one.name: bindparam(one.name, type_=one.type) for one in table.columns})
_newer = {one.name: _given.excluded[one.name] for one in table.columns if not one.primary_key}
WRITE = Query(_given.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=_newer), "write developments")
FORGET = Query(delete(table).where(d.tenant_id == _tenant, d.account_id == _account))

_now = bindparam("now", type_=DateTime(timezone=True))


def _p(share: float, of: ColumnElement[Any]) -> ColumnElement[Any]:
    found: ColumnElement[Any] = func.percentile_cont(share).within_group(of)
    return found


def _narrowed(found: Select[Any], how_far: str, chosen: tuple[str, ...]) -> Select[Any]:
    return found.where(_sight(how_far), *(FILTERS[name].condition for name in chosen))


def _steps(how_far: str, chosen: tuple[str, ...]) -> Executable:
    stood = func.extract("epoch", _now - d.step_time)
    found = select(d.step, func.count(), _p(0.5, stood), _p(0.9, stood))
    return _narrowed(found, how_far, chosen).group_by(d.step)


def _classes(how_far: str, chosen: tuple[str, ...]) -> Executable:
    done = d.step == Step.DONE.value
    took = func.extract("epoch", case((done, d.step_time), else_=_now) - d.create_time)
    each = select(QUINTILE.label("quintile"), done.label("done"), took.label("took"))
    one = _narrowed(each, how_far, chosen).subquery("one").c
    times = _p(0.5, one.took), _p(0.9, one.took)
    return select(one.quintile, func.count(), func.count().filter(one.done), *times).group_by(one.quintile)


STEPS = Variants(_steps)
CLASSES = Variants(_classes)
