"""MergesService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import collisions_pb2
from dealtrail.leads.v1 import merges_pb2 as pb

from services.kit.database import Tx
from services.kit.replies import PageReply, RowReply
from services.leads.accounts.store import account_codec
from services.leads.merges import operations
from services.leads.merges.store import codec, listing, merges


class MergesServicer:
    """See proto/dealtrail/leads/v1/merges.proto."""

    async def PreviewMerge(self, request: pb.PreviewMergeRequest, tx: Tx) -> pb.MergePreview:
        return await operations.preview(tx, UUID(request.account_id), UUID(request.duplicate_id))

    async def MergeAccount(self, request: pb.MergeAccountRequest, tx: Tx) -> pb.Merge:
        both = UUID(request.account_id), UUID(request.duplicate_id)
        return codec.to_message(await operations.merge(tx, *both, request.purpose.strip(), list(request.take)))

    async def UndoMerge(self, request: pb.UndoMergeRequest, tx: Tx) -> pb.Merge:
        return codec.to_message(await operations.undo(tx, UUID(request.id), request.purpose.strip()))

    async def GetMerge(self, request: pb.GetMergeRequest, tx: Tx) -> RowReply[pb.Merge]:
        return codec.reply(await merges.row(tx, UUID(request.id)))

    async def ListMerges(self, request: pb.ListMergesRequest, tx: Tx) -> PageReply[pb.ListMergesResponse]:
        return await listing.reply(tx, request, pb.ListMergesResponse, codec)

    async def ListDuplicates(self, request: pb.ListDuplicatesRequest, tx: Tx) -> pb.ListDuplicatesResponse:
        answer = pb.ListDuplicatesResponse()
        for account, signs in await operations.duplicates(tx, UUID(request.account_id)):
            matches = [collisions_pb2.Collision.Match.Value(sign) for sign in sorted(signs)]
            answer.duplicates.add(account=account_codec.to_message(account), matches=matches)
        return answer
