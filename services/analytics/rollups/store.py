"""Rollups in PostgreSQL: how they are declared, changed, and whose of them the caller sees."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Date,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.expression import FromClause

from services.analytics.metadata import metadata
from services.analytics.rollups.domain import NOBODY, Changes, Level
from services.kit.database import Tx
from services.kit.sql import Query, given_rows
from services.kit.tables import owner_teams, tenant_table, text_column, time_column, uuid_column
from services.kit.visibility import OWN, TEAM

WHOSE = ("level", "owner_id", "team_id")

_tenant = bindparam("tenant_id", type_=Uuid)
_me = bindparam("me", type_=Uuid)
_teams = bindparam("teams", type_=ARRAY(Uuid))


class Rollup:
    """One table of sums. The primary key is the tenant, whose sums they are, and the cell; all else are sums."""

    def __init__(self, name: str, *cell: Column[Any], sums: tuple[Column[Any], ...]) -> None:
        self.key = (*WHOSE, *(column.name for column in cell))
        self.sums = tuple(column.name for column in sums)
        whose = (text_column("level"), uuid_column("owner_id"), uuid_column("team_id"))
        self.table = tenant_table(name, metadata, *whose, *cell, *sums, key=self.key)
        given = insert(self.table).from_select(
            [c.name for c in self.table.columns], given_rows(self.table, "tenant_id")
        )
        added = {name: self.table.c[name] + given.excluded[name] for name in self.sums}
        self._add = Query(
            given.on_conflict_do_update(index_elements=["tenant_id", *self.key], set_=added), f"add to {name}"
        )

    async def add(self, tx: Tx, changes: Changes) -> None:
        """Add to the sums. Rows are written in the order of their keys, which index pages like."""
        rows = sorted(changes.rows(), key=lambda row: row[: len(self.key)])
        if rows:
            names = (*self.key, *self.sums)
            columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
            await tx.write(self._add, **columns)


def upsert_rows(table: Table) -> Query:
    """INSERT of many rows, or UPDATE of the rows with their keys: one array a column."""
    given = insert(table).from_select([c.name for c in table.columns], given_rows(table))
    changed = {c.name: given.excluded[c.name] for c in table.columns if not c.primary_key}
    return Query(given.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changed))


def count_column(name: str) -> Column[Any]:
    """A column that counts."""
    return Column(name, BigInteger, nullable=False)


def day_column(name: str, nullable: bool = False) -> Column[Any]:
    """A column of a day."""
    return Column(name, Date, nullable=nullable)


def total(column: ColumnElement[Any]) -> ColumnElement[int]:
    """The sum of a column that counts, as a whole number: PostgreSQL's own sum of them is a decimal."""
    return cast(func.sum(column), BigInteger)


def scopes(table: Table, how_far: str, *, owner: bool, team: bool, per: str = "") -> tuple[ColumnElement[bool], ...]:
    """The rows whose sums make up what a caller of that reach sees, in parts: no fact is in two rows of them.

    `owner` and `team` say whether the binds `owner_id` and `team_id` narrow it; `per` is "owner" or "team" where
    sums are wanted apart for each. The coarsest level that can answer is read.
    """
    c = table.c
    narrow: list[Any] = [c.tenant_id == _tenant]
    if owner:
        narrow.append(c.owner_id == bindparam("owner_id", type_=Uuid))
    if team:
        narrow.append(c.team_id == bindparam("team_id", type_=Uuid))
    of_owner = and_(*narrow, c.level == Level.OWNER.value)
    of_team = and_(*narrow, c.level == Level.TEAM.value, c.owner_id == NOBODY)
    if how_far == OWN:
        return (and_(of_owner, c.owner_id == _me),)
    below = c.team_id == any_(_teams)
    if owner or per == "owner":
        return (and_(of_owner, or_(below, c.owner_id == _me)) if how_far == TEAM else of_owner,)
    if how_far == TEAM:
        return and_(of_team, below), and_(of_owner, c.owner_id == _me, ~below)
    if team or per == "team":
        return (of_team,)
    return (and_(*narrow, c.level == Level.TENANT.value, c.owner_id == NOBODY, c.team_id == NOBODY),)


def rows_of(table: Table, parts: Iterable[ColumnElement[bool]], *ranges: tuple[Any, ...]) -> FromClause:
    """The rows in any part and any range: each a range of the index. Under an OR the planner reads all in sight."""
    return union_all(*(select(table).where(part, *one) for part in parts for one in ranges)).subquery()


START, END = bindparam("start", type_=Date), bindparam("end", type_=Date)
FIRST_MONTH, LAST_MONTH = bindparam("first_month", type_=Date), bindparam("last_month", type_=Date)


def in_period(table: Table, parts: Iterable[ColumnElement[bool]], months: Any, days: Any) -> FromClause:
    """The sums of the days from START to before END: whole months, and the days around them, by their series."""
    c = table.c
    return rows_of(
        table,
        parts,
        (c.series == months, c.start >= FIRST_MONTH, c.start < LAST_MONTH),
        (c.series == days, c.start >= START, c.start < FIRST_MONTH),
        (c.series == days, c.start >= LAST_MONTH, c.start < END),
    )


freshness = tenant_table(
    "freshness",
    metadata,
    text_column("source"),
    time_column("event_time"),
    time_column("recorded_time"),
    key=("source",),
)
_given = {c.name: bindparam(c.name, type_=c.type) for c in freshness.columns}
_newest = insert(freshness).values(_given)
NOTE = Query(
    _newest.on_conflict_do_update(
        index_elements=["tenant_id", "source"],
        set_={
            name: func.greatest(freshness.c[name], _newest.excluded[name]) for name in ("event_time", "recorded_time")
        },
    ),
    "note freshness",
)
HOLD = Query(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("facts", type_=Text), 0))), "hold facts")
TEAMS = Query(
    select(owner_teams.c.user_id, owner_teams.c.team_id).where(
        owner_teams.c.tenant_id == _tenant, owner_teams.c.user_id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    ),
    "teams of owners",
)
NEWEST = Query(
    select(freshness).where(freshness.c.tenant_id == _tenant, freshness.c.source == bindparam("source")), "freshness"
)
