"""What BOSS and ADMIN do with users. One change of a tenant's users at a time, so that rules about all of them hold."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from dealtrail.identity.v1 import directory_pb2
from dealtrail.identity.v1 import events_pb2 as events
from dealtrail.type.v1 import access_pb2

from gateway.identity.teams import operations as teams
from gateway.identity.tenants.operations import change_directory
from gateway.identity.users.domain import LastBoss, Role, UnknownTeam, User, UsernameTaken, must_not_be_above
from gateway.identity.users.store import KNOWN, NAMED, OTHER_BOSSES, SET_PASSWORD, TAKEN, codec, users
from services.kit.database import Tx


class Newcomers:
    """Takes people on: what the rules need is read once, so that many cost no more than one."""

    def __init__(self, tx: Tx, teams: set[UUID], names: dict[str, UUID]) -> None:
        self._tx = tx
        self._teams = teams
        self._names = names

    @classmethod
    async def begin(cls, tx: Tx, usernames: Sequence[str]) -> "Newcomers":
        """For people who are to sign in by these names."""
        await change_directory(tx)
        taken = {row["username"]: row["id"] for row in await tx.fetch(TAKEN, usernames=list(usernames))}
        return cls(tx, set(await teams.parents(tx)), taken)

    def check(self, user: User) -> User:
        """Whether the user may be added. Refused: ABOVE_YOU, UNKNOWN_TEAM, USERNAME_TAKEN."""
        must_not_be_above(self._tx.principal.role, user.role)
        if user.team_id is not None and user.team_id not in self._teams:
            raise UnknownTeam
        if self._names.setdefault(user.username, user.id) != user.id:
            raise UsernameTaken(username=user.username)
        return user

    async def add(self, people: Sequence[tuple[User, str]]) -> set[UUID]:
        """Record users that were checked, each with a password hash or ""; the ids of those who were not known yet."""
        created = await users.add_new(self._tx, [user for user, _ in people])
        new = [(user, password_hash) for user, password_hash in people if user.id in created]
        credentials: list[Mapping[str, Any]] = [
            {"user_id": user.id, "password_hash": hashed} for user, hashed in new if hashed
        ]
        if credentials:
            await self._tx.execute_many(SET_PASSWORD, credentials)
        for user, _ in new:
            self._tx.emit(events.UserCreated(member=member(user)), user)
        return created


async def known(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """Which of the ids are users already."""
    return {row["id"] for row in await tx.fetch(KNOWN, ids=list(ids))} if ids else set()


async def named(tx: Tx, username: str) -> tuple[User, str | None] | None:
    """The user of that name and the hash of the password, None where there is none."""
    row = await tx.fetch_one(NAMED, username=username)
    return (codec.from_row(row), row["password_hash"]) if row else None


async def update(
    tx: Tx, user_id: UUID, display_name: str | None, role: Role | None, team_id: UUID | None, moves: bool
) -> User:
    """Set what is given; the team if the user `moves`."""
    await change_directory(tx)
    user = await users.locked(tx, user_id)
    before = replace(user)
    must_not_be_above(tx.principal.role, before.role, role or before.role)
    if display_name is not None:
        user.display_name = display_name
    if role is not None:
        user.change_role(role)
    if moves:
        if team_id is not None and team_id not in await teams.parents(tx):
            raise UnknownTeam
        user.team_id = team_id
    return await _keep(tx, before, user)


async def deactivate(tx: Tx, user_id: UUID) -> User:
    """The user has left."""
    await change_directory(tx)
    user = await users.locked(tx, user_id)
    before = replace(user)
    must_not_be_above(tx.principal.role, user.role)
    if user.active:
        user.leave(tx.now)
    return await _keep(tx, before, user)


async def reactivate(tx: Tx, user_id: UUID) -> User:
    """The user is back."""
    await change_directory(tx)
    user = await users.locked(tx, user_id)
    before = replace(user)
    must_not_be_above(tx.principal.role, user.role)
    user.active = True
    return await _keep(tx, before, user)


async def set_password(tx: Tx, user_id: UUID, password_hash: str) -> User:
    """Give a user, or oneself, another password; all sessions end."""
    await change_directory(tx)
    user = await users.locked(tx, user_id)
    if user_id != tx.principal.user_id:
        must_not_be_above(tx.principal.role, user.role)
    await tx.execute(SET_PASSWORD, user_id=user.id, password_hash=password_hash)
    user.end_sessions(tx.now)
    await users.save(tx, user)
    return user


def member(user: User) -> directory_pb2.Member:
    """The user as other services know them."""
    return directory_pb2.Member(
        user_id=str(user.id),
        team_id=str(user.team_id or ""),
        role=access_pb2.Role.Value(user.role),
        active=user.active,
    )


async def _keep(tx: Tx, before: User, user: User) -> User:
    """Save it if anything changed, and say so if it concerns others."""
    if user == before:
        return user
    was_boss = before.active and before.role is Role.BOSS
    if was_boss and not (user.active and user.role is Role.BOSS) and not await tx.fetch_value(OTHER_BOSSES, id=user.id):
        raise LastBoss
    await users.save(tx, user)
    if (user.role, user.team_id, user.active) != (before.role, before.team_id, before.active):
        event = events.UserUpdated(
            member=member(user),
            from_team_id=str(before.team_id or ""),
            from_role=access_pb2.Role.Value(before.role),
            from_active=before.active,
        )
        tx.emit(event, user)
    return user
