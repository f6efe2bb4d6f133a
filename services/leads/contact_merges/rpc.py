"""ContactMergesService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import contact_merges_pb2 as pb

from services.kit.database import Tx
from services.kit.replies import PageReply, RowReply
from services.leads.contact_merges import operations
from services.leads.contact_merges.store import codec, contact_merges, listing


class ContactMergesServicer:
    """See proto/dealtrail/leads/v1/contact_merges.proto."""

    async def PreviewContactMerge(self, request: pb.PreviewContactMergeRequest, tx: Tx) -> pb.ContactMergePreview:
        return await operations.preview(tx, UUID(request.contact_id), UUID(request.duplicate_id))

    async def MergeContact(self, request: pb.MergeContactRequest, tx: Tx) -> pb.ContactMerge:
        both = UUID(request.contact_id), UUID(request.duplicate_id)
        return codec.to_message(await operations.merge(tx, *both, request.purpose.strip(), list(request.take)))

    async def UndoContactMerge(self, request: pb.UndoContactMergeRequest, tx: Tx) -> pb.ContactMerge:
        return codec.to_message(await operations.undo(tx, UUID(request.id), request.purpose.strip()))

    async def GetContactMerge(self, request: pb.GetContactMergeRequest, tx: Tx) -> RowReply[pb.ContactMerge]:
        return codec.reply(await contact_merges.row(tx, UUID(request.id)))

    async def ListContactMerges(
        self, request: pb.ListContactMergesRequest, tx: Tx
    ) -> PageReply[pb.ListContactMergesResponse]:
        return await listing.reply(tx, request, pb.ListContactMergesResponse, codec)
