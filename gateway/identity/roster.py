"""Who works for a tenant and in which teams, as authentication needs it: remembered, and checked every few seconds.

A tenant's directory version counts the changes of its users and teams. What is asked every few
seconds is this number alone, so that rights end within seconds and no request costs a query.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from uuid import UUID

from gateway.identity.access_tokens import Proof
from gateway.identity.sessions.store import ENDED_SINCE
from gateway.identity.signing_keys.domain import TOKEN_LIFE
from gateway.identity.system import system
from gateway.identity.teams import operations as teams
from gateway.identity.tenants.store import OWN
from gateway.identity.users.store import STANDING
from services.kit.database import Database, Tx
from services.kit.errors import Unauthenticated
from services.kit.principal import Principal
from services.kit.trees import subtree

FRESH_S = 3.0
"""For how long nobody asks again: how late a change made by another process is felt at most."""
UNKNOWN_S = 0.5
"""The same where a provider vouches for somebody whom we do not know: perhaps taken on a moment ago."""
REMEMBER_ENDED = TOKEN_LIFE + timedelta(minutes=1)


@dataclass(frozen=True)
class Standing:
    """One user, as far as rights depend on it."""

    user_id: UUID
    username: str
    role: str
    team_id: UUID | None
    active: bool
    token_version: int


@dataclass(frozen=True)
class Roster:
    """A tenant's people and teams at one directory version."""

    tenant_id: UUID
    directory_version: int
    people: Mapping[UUID, Standing]
    parents: Mapping[UUID, UUID | None]
    ended: frozenset[UUID]
    """Sessions that ended before their last access token."""

    @cached_property
    def names(self) -> Mapping[str, Standing]:
        """The people by their name for signing in."""
        return {one.username: one for one in self.people.values()}

    def standing(self, proof: Proof) -> Standing | None:
        """Whom the token speaks of."""
        return self.people.get(proof.user_id) if proof.user_id else self.names.get(proof.username)

    def principal(self, one: Standing) -> Principal:
        """The user as services see the caller."""
        below = subtree(self.parents, one.team_id) if one.team_id else ()
        return Principal(self.tenant_id, one.user_id, one.role, one.team_id, below)


class _Place:
    """Where one tenant's roster is kept."""

    __slots__ = ("outdated", "read", "reading", "roster")

    def __init__(self) -> None:
        self.roster: Roster | None = None
        self.read = self.outdated = float("-inf")
        self.reading = asyncio.Lock()

    def fresh(self, seconds: float) -> Roster | None:
        known = self.read > max(time.monotonic() - seconds, self.outdated)
        return self.roster if known else None


class Rosters:
    """The rosters of all tenants whose users call."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places: dict[UUID, _Place] = {}
        self.epoch = 0
        """Rises whenever this process changed something that somebody may have remembered."""

    async def of(self, tenant_id: UUID, fresh_s: float = FRESH_S) -> Roster:
        """The tenant's roster, as it stood at most `fresh_s` seconds ago. Refused: UNAUTHENTICATED if there is none."""
        place = self._places.setdefault(tenant_id, _Place())
        if roster := place.fresh(fresh_s):
            return roster
        async with place.reading:
            if roster := place.fresh(fresh_s):
                return roster
            began = time.monotonic()
            async with self._database.transaction(system(tenant_id), read_only=True) as tx:
                place.roster = await _read(tx, place.roster)
            place.read = began
            return place.roster

    def fresh_until(self, tenant_id: UUID) -> float:
        """Until which instant of time.monotonic() the roster that `of` has just answered needs no second look."""
        return self._places[tenant_id].read + FRESH_S

    def outdate(self, tenant_id: UUID) -> None:
        """Something of the tenant was changed by this process: ask anew before anybody is let in."""
        self.epoch += 1
        if place := self._places.get(tenant_id):
            place.outdated = time.monotonic()


async def _read(tx: Tx, known: Roster | None) -> Roster:
    row = await tx.fetch_one(OWN)
    if row is None:
        raise Unauthenticated
    ended = frozenset(one["id"] for one in await tx.fetch(ENDED_SINCE, since=tx.now - REMEMBER_ENDED))
    if known and known.directory_version == row["directory_version"]:
        return known if ended == known.ended else replace(known, ended=ended)
    # The version was read first: what changes meanwhile is read, and read again at the next look.
    people = {one["id"]: Standing(*one) for one in await tx.fetch(STANDING)}
    return Roster(tx.principal.tenant_id, row["directory_version"], people, await teams.parents(tx), ended)
