"""Who works for the tenant, asked of the gateway's identity and remembered for a moment."""

import time
from dataclasses import dataclass
from uuid import UUID

import grpc
from dealtrail.identity.v1 import directory_pb2
from dealtrail.type.v1 import access_pb2

from services.kit.client import Peer
from services.kit.database import Tx
from services.kit.errors import Invalid
from services.kit.principal import Principal

REMEMBER_S = 30


class UnknownOwner(Invalid):
    """The user is no active member whom the caller may hand rows to."""

    field = "owner_id"
    en = "no active user whom you may name as owner"
    zh = "不是您可以指派的在职人员"


@dataclass(frozen=True, slots=True)
class Member:
    """A user and the team that decides who sees what the user owns."""

    user_id: UUID
    team_id: UUID | None
    role: str
    active: bool


class Directory:
    """Members by id. What was found is remembered for REMEMBER_S seconds; what was not is asked again."""

    def __init__(self, identity: grpc.aio.Channel) -> None:
        self._identity = Peer(identity, directory_pb2.DESCRIPTOR.services_by_name["DirectoryService"])
        self._known: dict[tuple[UUID, UUID], tuple[float, Member]] = {}

    async def owner(self, tx: Tx, user_id: str) -> Member:
        """The member to own a row: the caller if `user_id` is empty.

        Refused: UNKNOWN_OWNER unless active and within the caller's reach: the boss may name
        anybody, a manager members of the teams below, a rep members of the own team.
        """
        me = tx.principal
        if not user_id or UUID(user_id) == me.user_id:
            return Member(me.user_id, me.team_id, me.role, True)
        member = await self.member(tx, UUID(user_id))
        if member is None or not member.active or not _may_name(me, member):
            raise UnknownOwner
        return member

    async def member(self, tx: Tx, user_id: UUID) -> Member | None:
        """The member of the caller's tenant, or None."""
        key = (tx.principal.tenant_id, user_id)
        if (known := self._known.get(key)) and known[0] > time.monotonic():
            return known[1]
        try:
            found = await self._identity.call(tx, "GetMember", directory_pb2.GetMemberRequest(user_id=str(user_id)))
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise
        team = UUID(found.team_id) if found.team_id else None
        member = Member(user_id, team, access_pb2.Role.Name(found.role), found.active)
        self._known[key] = (time.monotonic() + REMEMBER_S, member)
        return member

    async def managers(self, tx: Tx, team_id: UUID | None) -> list[UUID]:
        """Who decides about what the team owns, the caller apart: see ListManagers in directory.proto."""
        request = directory_pb2.ListManagersRequest(team_id=str(team_id or ""))
        found = await self._identity.call(tx, "ListManagers", request)
        return [UUID(one.user_id) for one in found.managers]


def _may_name(me: Principal, member: Member) -> bool:
    if me.role == "BOSS":
        return True
    if me.role == "MANAGER":
        return member.team_id in me.teams
    return member.team_id is not None and member.team_id == me.team_id
