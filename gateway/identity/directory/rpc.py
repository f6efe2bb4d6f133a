"""DirectoryService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.identity.v1 import directory_pb2 as pb

from gateway.identity.directory.operations import managers
from gateway.identity.users.operations import member
from gateway.identity.users.store import users
from services.kit.database import Tx


class DirectoryServicer:
    """See proto/dealtrail/identity/v1/directory.proto."""

    async def GetMember(self, request: pb.GetMemberRequest, tx: Tx) -> pb.Member:
        return member(await users.get(tx, UUID(request.user_id)))

    async def ListManagers(self, request: pb.ListManagersRequest, tx: Tx) -> pb.ListManagersResponse:
        found = await managers(tx, UUID(request.team_id) if request.team_id else None)
        return pb.ListManagersResponse(managers=map(member, found))
