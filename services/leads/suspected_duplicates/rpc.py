"""SuspectedDuplicatesService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import suspected_duplicates_pb2 as pb

from services.kit.database import Tx
from services.kit.replies import PageReply
from services.leads.suspected_duplicates import operations
from services.leads.suspected_duplicates.store import codec, dismissal_listing


class SuspectedDuplicatesServicer:
    """See proto/dealtrail/leads/v1/suspected_duplicates.proto."""

    async def ListSuspectedDuplicates(
        self, request: pb.ListSuspectedDuplicatesRequest, tx: Tx
    ) -> pb.ListSuspectedDuplicatesResponse:
        return await operations.page(tx, request)

    async def DismissDuplicate(self, request: pb.DismissDuplicateRequest, tx: Tx) -> pb.DuplicateDismissal:
        both = UUID(request.account_id), UUID(request.duplicate_id)
        return codec.to_message(await operations.dismiss(tx, *both, request.purpose.strip()))

    async def UndoDuplicateDismissal(self, request: pb.UndoDuplicateDismissalRequest, tx: Tx) -> pb.DuplicateDismissal:
        return codec.to_message(await operations.undo(tx, UUID(request.id)))

    async def ListDuplicateDismissals(
        self, request: pb.ListDuplicateDismissalsRequest, tx: Tx
    ) -> PageReply[pb.ListDuplicateDismissalsResponse]:
        return await dismissal_listing.reply(tx, request, pb.ListDuplicateDismissalsResponse, codec)
