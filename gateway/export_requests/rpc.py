"""ExportRequestsService, served within the gateway: decode, do one operation, encode."""

from functools import cache
from uuid import UUID

from dealtrail.exports.v1 import export_requests_pb2 as pb

from gateway import contract
from gateway.export_requests import operations
from gateway.export_requests.domain import canonical
from gateway.export_requests.store import codec, listing, requests
from gateway.routes import Table
from services.kit.database import Tx
from services.kit.errors import Violated


class ExportRequestsServicer:
    """See proto/dealtrail/exports/v1/export_requests.proto."""

    async def RequestExport(self, request: pb.RequestExportRequest, tx: Tx) -> pb.ExportRequest:
        """Ask for one."""
        path, _, query = request.list.partition("?")
        found = _lists().find(path)
        if found is None or "GET" not in found[0] or not found[0]["GET"].pages:
            raise Violated(("list", "is no list that can be exported", "不是可导出的列表"))
        return codec.to_message(await operations.request(tx, canonical(path, query), request.purpose.strip()))

    async def ApproveExport(self, request: pb.ApproveExportRequest, tx: Tx) -> pb.ExportRequest:
        """Let one leave."""
        return codec.to_message(await operations.approve(tx, UUID(request.id)))

    async def RefuseExport(self, request: pb.RefuseExportRequest, tx: Tx) -> pb.ExportRequest:
        """Keep one in."""
        return codec.to_message(await operations.refuse(tx, UUID(request.id), request.reason.strip()))

    async def GetExportRequest(self, request: pb.GetExportRequestRequest, tx: Tx) -> pb.ExportRequest:
        """One request."""
        return codec.to_message(await requests.get(tx, UUID(request.id)))

    async def ListExportRequests(self, request: pb.ListExportRequestsRequest, tx: Tx) -> pb.ListExportRequestsResponse:
        """One page."""
        rows, token = await listing.page(tx, request)
        return pb.ListExportRequestsResponse(
            export_requests=[codec.to_message(codec.from_row(row)) for row in rows], next_page_token=token
        )


@cache
def _lists() -> Table:
    """The routes among which lists are found."""
    return Table(contract.methods())
