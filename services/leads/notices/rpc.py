"""NoticesService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import notices_pb2 as pb

from services.kit.database import Tx
from services.leads.notices import operations
from services.leads.notices.store import codec, listing


class NoticesServicer:
    """See proto/dealtrail/leads/v1/notices.proto."""

    async def ListNotices(self, request: pb.ListNoticesRequest, tx: Tx) -> pb.ListNoticesResponse:
        rows, token = await listing.page(tx, request)
        found = [operations.message(codec.from_row(row)) for row in rows]
        return pb.ListNoticesResponse(notices=found, next_page_token=token)

    async def CountUnreadNotices(self, _: pb.CountUnreadNoticesRequest, tx: Tx) -> pb.CountUnreadNoticesResponse:
        return pb.CountUnreadNoticesResponse(unread=await operations.unread(tx))

    async def ReadNotice(self, request: pb.ReadNoticeRequest, tx: Tx) -> pb.Notice:
        return operations.message(await operations.read(tx, UUID(request.id)))

    async def ReadAllNotices(self, _: pb.ReadAllNoticesRequest, tx: Tx) -> pb.ReadAllNoticesResponse:
        return pb.ReadAllNoticesResponse(read=await operations.read_all(tx))
