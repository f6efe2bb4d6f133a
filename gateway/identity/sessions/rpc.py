"""SessionsService: decode, do one operation, encode. Strangers come without a transaction."""

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

from dealtrail.identity.v1 import sessions_pb2 as pb
from dealtrail.type.v1 import access_pb2

from gateway.identity.sessions.operations import Grant, Sessions
from gateway.identity.tenants import operations as tenants
from gateway.identity.users.store import users
from services.kit.database import Tx
from services.kit.principal import Stranger

T = TypeVar("T")


class SessionsServicer:
    """See proto/dealtrail/identity/v1/sessions.proto."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def CreateSession(self, request: pb.CreateSessionRequest, stranger: Stranger) -> pb.Session:
        opening = self._sessions.open(request.tenant, request.username, request.password, stranger.address)
        return _session(await _in_time(stranger, opening))

    async def RefreshSession(self, request: pb.RefreshSessionRequest, _: Stranger) -> pb.Session:
        return _session(await self._sessions.renew(request.refresh_token))

    async def RevokeSession(self, request: pb.RevokeSessionRequest, _: Stranger) -> pb.RevokeSessionResponse:
        await self._sessions.end(request.refresh_token)
        return pb.RevokeSessionResponse()

    async def GetMe(self, _: pb.GetMeRequest, tx: Tx) -> pb.Me:
        me, tenant = await users.get(tx, tx.principal.user_id), await tenants.own(tx)
        return pb.Me(
            user_id=str(me.id),
            username=me.username,
            display_name=me.display_name,
            role=access_pb2.Role.Value(tx.principal.role),
            team_id=str(tx.principal.team_id or ""),
            teams=map(str, tx.principal.teams),
            tenant=tenant.name,
            tenant_display_name=tenant.display_name,
            tenant_id=str(tenant.tenant_id),
        )

    async def ChangePassword(self, request: pb.ChangePasswordRequest, tx: Tx) -> pb.ChangePasswordResponse:
        await self._sessions.change_password(tx, request.old_password, request.new_password)
        return pb.ChangePasswordResponse()


async def _in_time(stranger: Stranger, work: Awaitable[T]) -> T:
    """Nobody waits in the queue of passwords for whom nobody waits."""
    left = None if stranger.deadline is None else stranger.deadline - time.monotonic()
    async with asyncio.timeout(left):
        return await work


def _session(grant: Grant) -> pb.Session:
    return pb.Session(access_token=grant.access_token, refresh_token=grant.refresh_token, expires_in=grant.expires_in)
