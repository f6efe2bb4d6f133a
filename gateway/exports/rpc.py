"""ExportQuotasService and ExportsService, served within the gateway: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.exports.v1 import export_quotas_pb2 as pb
from dealtrail.exports.v1 import exports_pb2

from gateway.exports import operations
from gateway.exports.domain import EVERYBODY, ExportQuota, next_day
from gateway.exports.store import codec, exports, listing
from services.kit.codec import to_timestamp
from services.kit.database import Tx
from services.kit.replies import PageReply


class ExportQuotasServicer:
    """See proto/dealtrail/exports/v1/export_quotas.proto."""

    async def GetExportQuota(self, _: pb.GetExportQuotaRequest, tx: Tx) -> pb.ExportQuota:
        """The quota and what is used of it."""
        return await _told(tx, await operations.current(tx))

    async def UpdateExportQuota(self, request: pb.UpdateExportQuotaRequest, tx: Tx) -> pb.ExportQuota:
        """Set it."""
        given = {field.name: value for field, value in request.ListFields()}
        return await _told(tx, await operations.update(tx, given))


class ExportsServicer:
    """See proto/dealtrail/exports/v1/exports.proto."""

    async def GetExport(self, request: exports_pb2.GetExportRequest, tx: Tx) -> exports_pb2.Export:
        """One export."""
        return codec.to_message(await exports.get(tx, UUID(request.id)))

    async def ListExports(
        self, request: exports_pb2.ListExportsRequest, tx: Tx
    ) -> PageReply[exports_pb2.ListExportsResponse]:
        """One page."""
        return await listing.reply(tx, request, exports_pb2.ListExportsResponse, codec)


async def _told(tx: Tx, quota: ExportQuota) -> pb.ExportQuota:
    used = await operations.used(tx)
    return pb.ExportQuota(
        user_rows=quota.user_rows,
        tenant_rows=quota.tenant_rows,
        approval_rows=quota.approval_rows,
        used_by_me=used.get(tx.principal.user_id, 0),
        used_by_tenant=used.get(EVERYBODY, 0),
        reset_time=to_timestamp(next_day(tx.now)),
        version=quota.version,
    )
