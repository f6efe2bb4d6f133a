"""CallSessionsService over gRPC: decode, do one operation, encode."""

from datetime import timedelta
from uuid import UUID

from dealtrail.leads.v1 import call_sessions_pb2 as pb

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.replies import PageReply, RowReply
from services.leads.call_sessions import operations
from services.leads.call_sessions.store import codec, listing, sessions
from services.leads.values import money


class CallSessionsServicer:
    """See proto/dealtrail/leads/v1/call_sessions.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def PlanCallSession(self, request: pb.PlanCallSessionRequest, tx: Tx) -> pb.CallSession:
        begin = from_timestamp(request.begin_time)
        wanted = operations.Plan(
            owner=await self._directory.owner(tx, request.owner_id),
            begin=begin,
            end=begin + timedelta(minutes=request.minutes),
            place=request.place.strip(),
            script_code=request.script_code,
            amount=money(request.amount) if request.HasField("amount") else None,
            quintile=request.quintile,
            leads=list(map(UUID, request.lead_ids)),
            contacts=list(map(UUID, request.contact_ids)),
        )
        return codec.to_message(await operations.plan(tx, wanted))

    async def GetCallSession(self, request: pb.GetCallSessionRequest, tx: Tx) -> RowReply[pb.CallSession]:
        return codec.reply(await sessions.row(tx, UUID(request.id)))

    async def ListCallSessions(
        self, request: pb.ListCallSessionsRequest, tx: Tx
    ) -> PageReply[pb.ListCallSessionsResponse]:
        return await listing.reply(tx, request, pb.ListCallSessionsResponse, codec)

    async def OpenCallSession(self, request: pb.OpenCallSessionRequest, tx: Tx) -> pb.CallSession:
        return codec.to_message(await operations.open_session(tx, UUID(request.id)))

    async def CloseCallSession(self, request: pb.CloseCallSessionRequest, tx: Tx) -> pb.CallSession:
        return codec.to_message(await operations.close(tx, UUID(request.id)))
