"""LeadMergesService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import lead_merges_pb2 as pb

from services.kit.database import Tx
from services.kit.replies import PageReply, RowReply
from services.leads.lead_merges import operations
from services.leads.lead_merges.store import codec, lead_merges, listing


class LeadMergesServicer:
    """See proto/dealtrail/leads/v1/lead_merges.proto."""

    async def PreviewLeadMerge(self, request: pb.PreviewLeadMergeRequest, tx: Tx) -> pb.LeadMergePreview:
        return await operations.preview(tx, UUID(request.lead_id), UUID(request.duplicate_id))

    async def MergeLead(self, request: pb.MergeLeadRequest, tx: Tx) -> pb.LeadMerge:
        both = UUID(request.lead_id), UUID(request.duplicate_id)
        return codec.to_message(await operations.merge(tx, *both, request.purpose.strip(), list(request.take)))

    async def UndoLeadMerge(self, request: pb.UndoLeadMergeRequest, tx: Tx) -> pb.LeadMerge:
        return codec.to_message(await operations.undo(tx, UUID(request.id), request.purpose.strip()))

    async def GetLeadMerge(self, request: pb.GetLeadMergeRequest, tx: Tx) -> RowReply[pb.LeadMerge]:
        return codec.reply(await lead_merges.row(tx, UUID(request.id)))

    async def ListLeadMerges(self, request: pb.ListLeadMergesRequest, tx: Tx) -> PageReply[pb.ListLeadMergesResponse]:
        return await listing.reply(tx, request, pb.ListLeadMergesResponse, codec)
