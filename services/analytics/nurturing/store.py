"""Facts about nurturing in PostgreSQL, and what is counted of them. Whose a fact is says its lead."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Subquery,
    Table,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, insert
from sqlalchemy.sql.expression import Executable

from services.analytics.leads.store import counted, leads
from services.analytics.metadata import metadata
from services.analytics.nurturing.domain import DONE, HOTTEST, PLANNED
from services.analytics.rollups.store import END, START, day_column
from services.kit.sql import Query, Variants, given_rows
from services.kit.tables import tenant_table, text_column, time_column, uuid_column

steps = tenant_table(
    "nurture_steps",
    metadata,
    uuid_column(),
    Column("version", BigInteger, nullable=False),
    uuid_column("lead_id"),
    text_column("kind"),
    day_column("due_day"),
    text_column("state"),
)
readings = tenant_table(
    "temperatures",
    metadata,
    uuid_column("lead_id"),
    Column("version", BigInteger, nullable=False),
    time_column("set_time"),
    Column("rank", Integer, nullable=False),
    key=("lead_id", "version"),
)
_told = insert(steps).from_select([c.name for c in steps.columns], given_rows(steps))
LEARN = Query(
    _told.on_conflict_do_update(
        index_elements=["tenant_id", "id"],
        set_={c.name: _told.excluded[c.name] for c in steps.columns if not c.primary_key},
        where=steps.c.version < _told.excluded.version,
    ),
    "learn steps",
)
READ = Query(
    insert(readings).from_select([c.name for c in readings.columns], given_rows(readings)).on_conflict_do_nothing(),
    "read temperatures",
)
KEYS: dict[str, Any] = {
    "OWNER": cast(leads.c.owner_id, Text),
    "TEAM": func.coalesce(cast(leads.c.team_id, Text), ""),
    "CHANNEL": leads.c.channel,
}
"""What a group is told apart by."""
DUE: ColumnElement[bool] = (steps.c.due_day >= START) & (steps.c.due_day < END)
_state = steps.c.state
MADE, MEANT = (or_(*(_state == name for name in names)) for names in (DONE, PLANNED))


def of_lead(rows: Table) -> ColumnElement[bool]:
    """The lead that a row is of."""
    return (leads.c.tenant_id == rows.c.tenant_id) & (leads.c.id == rows.c.lead_id)


def with_lead(how_far: str) -> ColumnElement[bool]:
    """Steps whose lead is in sight."""
    tenant: ColumnElement[bool] = steps.c.tenant_id == bindparam("tenant_id", type_=Uuid)
    return tenant & exists(select(1).where(of_lead(steps), counted(how_far)))


def _chosen(chosen: tuple[str, ...]) -> list[ColumnElement[bool]]:
    return [leads.c[name] == bindparam(name, type_=leads.c[name].type) for name in chosen]


def _counted(how_far: str, by: str, chosen: tuple[str, ...]) -> Executable:
    key = KEYS[by].label("key")
    late = (_state == "PLANNED") & (steps.c.due_day < bindparam("today", type_=Date))
    told = (MEANT, MADE, _state == "ANSWERED", _state == "SKIPPED", _state == "MISSED", late)
    found = select(key, *(func.count().filter(condition) for condition in told)).join_from(steps, leads, of_lead(steps))
    return found.where(counted(how_far), DUE, MEANT, *_chosen(chosen)).group_by(key)


def spans() -> Subquery:
    """Of each lead of a known temperature: the one with which it came into the period, or the first there; the last."""
    c, time = readings.c, DateTime(timezone=True)
    before = c.set_time < bindparam("begin", type_=time)
    newest_before_or_first = (before.desc(), case((before, -c.version), else_=c.version))
    return (
        select(c.lead_id, _first(*newest_before_or_first).label("base"), _first(c.version.desc()).label("final"))
        .where(c.tenant_id == bindparam("tenant_id", type_=Uuid), c.set_time < bindparam("until", type_=time))
        .group_by(c.lead_id)
        .subquery("spans")
    )


def _first(*order: Any) -> ColumnElement[int]:
    return func.array_agg(aggregate_order_by(readings.c.rank, *order), type_=ARRAY(Integer))[1]


def _warmth(how_far: str, by: str, chosen: tuple[str, ...]) -> Executable:
    key, span = KEYS[by].label("key"), spans()
    found = select(key, func.count(), func.count().filter(span.c.final > span.c.base))
    found = found.join_from(leads, span, leads.c.id == span.c.lead_id)
    over = or_(leads.c.stage == "CONVERTED", leads.c.stage == "CLOSED")
    worked = ~over | (leads.c.stage_time >= bindparam("begin", type_=DateTime(timezone=True)))
    return found.where(counted(how_far), worked, span.c.base < HOTTEST, *_chosen(chosen)).group_by(key)


COUNTED = Variants(_counted)
WARMTH = Variants(_warmth)
