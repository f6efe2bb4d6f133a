"""Who works for a tenant and in which teams, as identity's events tell it: for work that nobody asks for just now.

While somebody calls, services ask the directory (see directory.py) as the caller. What recurs, and what an event
causes, has no caller to ask as: it goes by this copy, which is as fresh as the events that were applied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from dealtrail.identity.v1 import events_pb2
from dealtrail.type.v1 import access_pb2
from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.kit.principal import Principal
from services.kit.sql import Query
from services.kit.tables import isolate, tenant_table, text_column, uuid_column
from services.kit.trees import subtree, upwards

roster_metadata = MetaData()
"""For services that keep the copy; their migration makes it with `create_roster`."""
members = tenant_table(
    "roster_members",
    roster_metadata,
    uuid_column("user_id"),
    text_column("role"),
    uuid_column("team_id", nullable=True),
    Column("active", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    key=("user_id",),
)
teams = tenant_table(
    "roster_teams",
    roster_metadata,
    uuid_column("team_id"),
    uuid_column("parent_id", nullable=True),
    Column("version", BigInteger, nullable=False),
    key=("team_id",),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One user, as far as rights depend on it."""

    user_id: UUID
    role: str
    team_id: UUID | None
    active: bool


@dataclass(frozen=True)
class Roster:
    """A tenant's people and teams. `parents` says of each team which it stands under."""

    tenant_id: UUID
    people: Mapping[UUID, Standing]
    parents: Mapping[UUID, UUID | None]

    def principal(self, user_id: UUID) -> Principal | None:
        """The user as a caller would be; None unless known and active."""
        one = self.people.get(user_id)
        if one is None or not one.active:
            return None
        below = subtree(self.parents, one.team_id) if one.team_id else ()
        return Principal(self.tenant_id, one.user_id, one.role, one.team_id, below)

    def managers(self, team_id: UUID | None) -> list[UUID]:
        """Who decides about what the team owns: ListManagers of directory.proto, with no caller to leave out."""
        active = [one for one in self.people.values() if one.active]
        for team in upwards(self.parents, team_id):
            if found := [one.user_id for one in active if one.role == "MANAGER" and one.team_id == team]:
                return found
        return self.bosses()

    def bosses(self) -> list[UUID]:
        """The active bosses."""
        return [one.user_id for one in self.people.values() if one.active and one.role == "BOSS"]


MEMBERS = Query(
    select(members.c.user_id, members.c.role, members.c.team_id, members.c.active).where(
        members.c.tenant_id == bindparam("tenant_id", type_=Uuid)
    )
)
TEAMS = Query(select(teams.c.team_id, teams.c.parent_id).where(teams.c.tenant_id == bindparam("tenant_id", type_=Uuid)))


def _newest(table: Table, key: str) -> Query:
    """Keep a row unless a newer version stands: events may arrive in another order than they happened."""
    row = insert(table).values({c.name: bindparam(c.name, type_=c.type) for c in table.columns})
    rest = {c.name: row.excluded[c.name] for c in table.columns if c.name not in ("tenant_id", key)}
    return Query(
        row.on_conflict_do_update(
            index_elements=["tenant_id", key], set_=rest, where=table.c.version < row.excluded.version
        )
    )


KEEP_MEMBER, KEEP_TEAM = _newest(members, "user_id"), _newest(teams, "team_id")


async def current(tx: Tx) -> Roster:
    """The roster of the transaction's tenant."""
    people = {row["user_id"]: Standing(*row) for row in await tx.fetch(MEMBERS)}
    return Roster(tx.principal.tenant_id, people, {row[0]: row[1] for row in await tx.fetch(TEAMS)})


def following(service: str) -> Subscriptions:
    """The handlers by which a service keeps its copy."""
    subscriptions = Subscriptions(service)

    @subscriptions.on(events_pb2.UserCreated, events_pb2.UserUpdated)
    async def follow(tx: Tx, event: Any, envelope: Envelope) -> None:
        one = event.member
        await tx.execute(
            KEEP_MEMBER,
            user_id=UUID(one.user_id),
            role=access_pb2.Role.Name(one.role),
            team_id=UUID(one.team_id) if one.team_id else None,
            active=one.active,
            version=envelope.version,
        )

    @subscriptions.on(events_pb2.TeamCreated, events_pb2.TeamMoved)
    async def place(tx: Tx, event: Any, envelope: Envelope) -> None:
        one = event.team
        parent = UUID(one.parent_id) if one.parent_id else None
        await tx.execute(KEEP_TEAM, team_id=UUID(one.id), parent_id=parent, version=envelope.version)

    return subscriptions


def create_roster(operations: Any) -> None:
    """In a migration: make the tables of the copy."""
    roster_metadata.create_all(operations.get_bind())
    for table in roster_metadata.sorted_tables:
        isolate(operations, table.name)


def drop_roster(operations: Any) -> None:
    """In its downgrade."""
    roster_metadata.drop_all(operations.get_bind())
