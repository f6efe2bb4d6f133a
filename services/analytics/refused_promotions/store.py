"""Facts about refused promotions in PostgreSQL, and what is counted of them. Whose a fact is says its lead."""

from sqlalchemy import ColumnElement, Uuid, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.expression import Executable

from services.analytics.leads.store import leads
from services.analytics.metadata import metadata
from services.analytics.rollups.store import END, START, day_column
from services.kit.sql import Query, Variants, given_rows
from services.kit.tables import tenant_table, text_column, uuid_column
from services.kit.visibility import in_sight

refused = tenant_table(
    "refused_promotions",
    metadata,
    *map(uuid_column, ("id", "lead_id", "rep_id")),
    text_column("reason"),
    day_column("refuse_day"),
)
r = refused.c
LEARN = Query(
    insert(refused).from_select([c.name for c in refused.columns], given_rows(refused)).on_conflict_do_nothing(),
    "learn refused promotions",
)
"""A refusal never changes."""
WITHIN: ColumnElement[bool] = (r.refuse_day >= START) & (r.refuse_day < END)
_mine = (leads.c.tenant_id == r.tenant_id) & (leads.c.id == r.lead_id)


def of_lead(column: str) -> ColumnElement[bool]:
    """Refusals whose lead has that in the column of that name."""
    return exists(select(1).where(_mine, leads.c[column] == bindparam(column, type_=leads.c[column].type)))


def with_lead(how_far: str) -> ColumnElement[bool]:
    """Refusals whose lead is in sight."""
    tenant: ColumnElement[bool] = r.tenant_id == bindparam("tenant_id", type_=Uuid)
    return tenant & exists(select(1).where(_mine, in_sight(leads, how_far)))


def _counted(how_far: str, owner: bool, team: bool) -> Executable:
    found = select(r.reason, func.count().label("attempts"), func.count(r.lead_id.distinct()).label("leads"))
    found = found.join_from(refused, leads, _mine).where(in_sight(leads, how_far), WITHIN)
    for name in (*(["owner_id"] if owner else []), *(["team_id"] if team else [])):
        found = found.where(leads.c[name] == bindparam(name, type_=Uuid))
    return found.group_by(r.reason).order_by(r.reason)


COUNTED = Variants(_counted)
