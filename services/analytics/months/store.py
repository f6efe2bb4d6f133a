"""Sums by month in PostgreSQL: whose are awaited, how they are made of those by day, and whether they agree."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.analytics.metadata import metadata
from services.analytics.rollups.store import Rollup, freshness
from services.kit.sql import Query
from services.kit.tables import tenant_table, text_column

awaited = tenant_table("awaited_months", metadata, text_column("rollup"), key=("rollup",))
"""Whose sums by month are not all made yet, in the table `rollup`: they are read by day."""

_tenant = bindparam("tenant_id", type_=Uuid)


class Months:
    """The sums of a rollup in which a month stands for its days.

    `series` says which series has by month what another has by day, `day` which column of the cell that is. Each event
    of the service `source` changes both.
    """

    def __init__(self, source: str, rollup: Rollup, day: str, series: Mapping[str, str]) -> None:
        self.table = rollup.table
        t, mine = self.table.c, (awaited.c.tenant_id == _tenant, awaited.c.rollup == self.table.name)
        self.awaited: ColumnElement[bool] = exists(select(1).where(*mine))
        """Whether those of the caller's tenant are not all made yet."""
        self.tenants = Query(select(freshness.c.tenant_id).where(freshness.c.source == source))
        self.standing = Query(select(awaited).where(*mine), "awaited months")
        self.begin = Query(insert(awaited).values(tenant_id=_tenant, rollup=self.table.name), "await months")
        self.end = Query(delete(awaited).where(*mine))
        whose = tuple_(t.owner_id, t.team_id)
        all_days = t.tenant_id == _tenant, _one_of(t.series, series)
        all_months = t.tenant_id == _tenant, _one_of(t.series, series.values())
        self.whose = Query(select(t.owner_id, t.team_id).where(*all_days).distinct().order_by(t.owner_id, t.team_id))
        these = whose.between(_bound("first_owner", "first_team"), _bound("last_owner", "last_team"))
        self.forget = Query(delete(self.table).where(*all_months, these))
        names = [column.name for column in self.table.columns]
        self.make = Query(insert(self.table).from_select(names, _made(rollup, day, series, these)))
        kept = select(*(t[name] for name in names)).where(*all_months)
        self.broken = Query(_differing(rollup, _made(rollup, day, series, true()), kept).where(~self.awaited))
        """Sums by month, of whomever, that are made and yet are not those by day, as the reconciler tells of them."""


def _bound(owner: str, team: str) -> ColumnElement[Any]:
    return tuple_(bindparam(owner, type_=Uuid), bindparam(team, type_=Uuid))


def _one_of(column: ColumnElement[str], names: Iterable[str]) -> ColumnElement[bool]:
    return column == any_(literal(list(names), ARRAY(Text)))


def _made(rollup: Rollup, day: str, series: Mapping[str, str], whose: ColumnElement[bool]) -> Select[tuple[Any, ...]]:
    """The sums by month, out of those by day."""
    t = rollup.table.c
    months = case(*((t.series == one, literal(other, Text)) for one, other in series.items()))
    instead = {"series": months, day: cast(func.date_trunc("month", t[day]), Date)}
    names = [column.name for column in rollup.table.columns]
    each = select(*(instead.get(name, t[name]).label(name) for name in names))
    c = each.where(t.tenant_id == _tenant, _one_of(t.series, series), whose).subquery().c
    sums = {name: func.sum(c[name]).label(name) for name in rollup.sums}
    return select(*(sums.get(name, c[name]) for name in names)).group_by(*(c[n] for n in names if n not in sums))


def _differing(rollup: Rollup, made: Select[Any], kept: Select[Any]) -> Select[tuple[Any, ...]]:
    """Sums that are not the same in both."""
    one, other = made.subquery(), kept.subquery()
    less = select(*(-other.c[c.name] if c.name in rollup.sums else other.c[c.name] for c in other.c))
    c = union_all(select(one), less).subquery().c
    key = [c[name] for name in rollup.key]
    apart = select(*key).group_by(*key).having(or_(*(func.sum(c[name]) != 0 for name in rollup.sums))).subquery().c
    detail = func.format("%s of %s, team %s: not as the days have it", apart.series, apart.start, apart.team_id)
    return select(apart.owner_id.label("id"), detail.label("detail"))
