"""DiscardsService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import discards_pb2 as pb

from services.kit.database import Tx
from services.kit.replies import PageReply, RowReply
from services.leads.discards import operations
from services.leads.discards.store import codec, discards, listing


class DiscardsServicer:
    """See proto/dealtrail/leads/v1/discards.proto."""

    async def GetDiscard(self, request: pb.GetDiscardRequest, tx: Tx) -> RowReply[pb.Discard]:
        return codec.reply(await discards.row(tx, UUID(request.id)))

    async def ListDiscards(self, request: pb.ListDiscardsRequest, tx: Tx) -> PageReply[pb.ListDiscardsResponse]:
        return await listing.reply(tx, request, pb.ListDiscardsResponse, codec)

    async def ConfirmDiscard(self, request: pb.ConfirmDiscardRequest, tx: Tx) -> pb.Discard:
        return codec.to_message(await operations.confirm(tx, UUID(request.id)))

    async def RejectDiscard(self, request: pb.RejectDiscardRequest, tx: Tx) -> pb.Discard:
        return codec.to_message(await operations.reject(tx, UUID(request.id), request.why.strip()))
