"""What a service declares so that it can be held against others: what it owns, what it keeps of theirs, its laws."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from sqlalchemy import Select, Table, Text, Uuid, any_, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit import roster
from services.kit.aliases import aliases, recorded, root
from services.kit.events import Subscriptions
from services.kit.sql import Query
from services.kit.tables import inbox, outbox, owner_teams

TENANT = bindparam("tenant_id", type_=Uuid)
OVERDUE_S = 60


@dataclass(frozen=True)
class Owned:
    """Rows that are the truth: `rows` selects `id`, `version`, and what others keep of them.

    `told` says that each version was told by an event, so that the outbox holds versions 1 to n.
    """

    kind: str
    rows: Select[Any]
    told: bool = True


@dataclass(frozen=True)
class Copied:
    """Rows that follow what `owner` says of its `kind`: the same ids, and each column of `rows` as the owner has it.

    `forget` is the table to delete a row's `id` from before its events are told again, and its column;
    without it the whole projection is built anew.
    """

    owner: str
    kind: str
    rows: Select[Any]
    forget: tuple[Table, str] | None = None


@dataclass(frozen=True)
class Referred:
    """Rows that name something of another service: each `id` must be there, with these columns."""

    owner: str
    kind: str
    rows: Select[Any]


@dataclass(frozen=True)
class Applied:
    """What is left of each event of these types (full names): `rows` selects the events' ids as `id`."""

    what: str
    types: tuple[str, ...]
    rows: Select[Any]


@dataclass(frozen=True)
class Law:
    """What must be so inside one database: `broken` selects `id` and `detail` of whatever is not."""

    name: str
    broken: Query


@dataclass(frozen=True)
class Facts:
    """All that a service declares. `projection` holds the tables that are dropped and built anew from events."""

    owned: tuple[Owned, ...] = ()
    copied: tuple[Copied, ...] = ()
    referred: tuple[Referred, ...] = ()
    applied: tuple[Applied, ...] = ()
    laws: tuple[Law, ...] = ()
    subscriptions: Subscriptions | None = None
    projection: tuple[Table, ...] = ()

    def consumed(self) -> tuple[Applied, ...]:
        """What must be left of events: what the service says, and an inbox row of each that it listens to."""
        if self.subscriptions is None:
            return self.applied
        name, types = self.subscriptions.name, tuple(sorted(self.subscriptions.handlers))
        entered = select(inbox.c.event_id.label("id")).where(inbox.c.tenant_id == TENANT, inbox.c.consumer == name)
        return (Applied("inbox", types, entered), *self.applied)

    def owned_kind(self, kind: str) -> Owned:
        """The declaration of a kind."""
        return next(one for one in self.owned if one.kind == kind)


def declared(service: str) -> Facts:
    """The facts of a service, or of the gateway, by name."""
    module = import_module("gateway.facts" if service == "gateway" else f"services.{service}.facts")
    facts: Facts = module.FACTS
    return facts


def told(types: Iterable[str]) -> Select[Any]:
    """The ids of events of these types in an owner's outbox."""
    kind = outbox.c.headers["ce-type"].astext
    return select(outbox.c.event_id.label("id")).where(
        outbox.c.tenant_id == TENANT, kind == any_(literal(list(types), ARRAY(Text)))
    )


def versions_told(one: Owned) -> Law:
    """I4: each version of each aggregate has its event, and the newest is the one that stands in the row."""
    rows = one.rows.subquery()
    heard = (
        select(
            outbox.c.aggregate_id,
            func.count(outbox.c.version.distinct()).label("events"),
            func.max(outbox.c.version).label("newest"),
        )
        .where(outbox.c.tenant_id == TENANT)
        .group_by(outbox.c.aggregate_id)
        .subquery()
    )
    differs = heard.c.events.is_distinct_from(rows.c.version) | heard.c.newest.is_distinct_from(rows.c.version)
    detail = func.format("version %s, events of %s versions up to %s", rows.c.version, heard.c.events, heard.c.newest)
    found = select(rows.c.id, detail.label("detail")).outerjoin(heard, heard.c.aggregate_id == rows.c.id)
    return Law(f"every version of a {one.kind} is told", Query(found.where(differs)))


def in_team(table: Table) -> Law:
    """I16: rows stand in the team to which their owner was told to have moved."""
    differs = table.c.team_id.is_distinct_from(owner_teams.c.team_id)
    same = (owner_teams.c.tenant_id == table.c.tenant_id) & (owner_teams.c.user_id == table.c.owner_id)
    detail = func.format("team %s, its owner's is %s", table.c.team_id, owner_teams.c.team_id)
    found = select(table.c.id, detail.label("detail")).join(owner_teams, same)
    return Law(f"{table.name} stand in their owner's team", Query(found.where(table.c.tenant_id == TENANT, differs)))


_age = func.extract("epoch", func.now() - outbox.c.created_at)
PUBLISHED = Law(
    "events leave the outbox",
    Query(
        select(outbox.c.event_id.label("id"), func.format("waits since %s", outbox.c.created_at).label("detail")).where(
            outbox.c.tenant_id == TENANT, outbox.c.published_at.is_(None), _age > OVERDUE_S
        )
    ),
)
"""I5, as far as one database can tell."""


def kept_teams() -> Copied:
    """What every service that stamps rows with teams keeps of the gateway's users."""
    rows = select(owner_teams.c.user_id.label("id"), owner_teams.c.team_id).where(owner_teams.c.tenant_id == TENANT)
    return Copied("gateway", "moved user", rows, forget=(owner_teams, "user_id"))


def kept_roster() -> tuple[Copied, ...]:
    """What a service that follows the whole roster keeps of the gateway's users and teams (see roster.py)."""
    m, t = roster.members.c, roster.teams.c
    people = select(m.user_id.label("id"), m.role, m.team_id, m.active).where(m.tenant_id == TENANT)
    tree = select(t.team_id.label("id"), t.parent_id).where(t.tenant_id == TENANT)
    return (
        Copied("gateway", "user", people, forget=(roster.members, "user_id")),
        Copied("gateway", "team", tree, forget=(roster.teams, "team_id")),
    )


def kept_aliases(owner: str, kind: str) -> Copied:
    """What every service whose rows follow what was merged keeps of the owner's merges."""
    rows = select(aliases.c.id, aliases.c.into_id.label("merged_into"))
    held = rows.where(aliases.c.tenant_id == TENANT, aliases.c.into_id.is_not(None))
    return Copied(owner, kind, held, forget=(aliases, "id"))


def stand_where_merged(table: Table, name: str) -> Law:
    """Rows stand where what they were recorded under was merged into."""
    under, was = recorded(table, name)
    detail = func.format("stands under %s, recorded under %s", under, was)
    astray = select(was.label("id"), detail.label("detail")).where(table.c.tenant_id == TENANT, under != root(was))
    return Law(f"{table.name} stand where what they were recorded under was merged into", Query(astray))


def as_text(*columns: Any) -> Any:
    """Columns as one text that is the same wherever it is made."""
    return func.row(*columns).cast(Text)
