"""ExportQuotasService, served within the gateway: decode, do one operation, encode."""

from dealtrail.exports.v1 import export_quotas_pb2 as pb

from gateway.exports import operations
from gateway.exports.domain import EVERYBODY, ExportQuota, next_day
from services.kit.codec import to_timestamp
from services.kit.database import Tx


class ExportQuotasServicer:
    """See proto/dealtrail/exports/v1/export_quotas.proto."""

    async def GetExportQuota(self, _: pb.GetExportQuotaRequest, tx: Tx) -> pb.ExportQuota:
        """The quota and what is used of it."""
        return await _told(tx, await operations.current(tx))

    async def UpdateExportQuota(self, request: pb.UpdateExportQuotaRequest, tx: Tx) -> pb.ExportQuota:
        """Set it."""
        user_rows = request.user_rows if request.HasField("user_rows") else None
        tenant_rows = request.tenant_rows if request.HasField("tenant_rows") else None
        return await _told(tx, await operations.update(tx, user_rows, tenant_rows))


async def _told(tx: Tx, quota: ExportQuota) -> pb.ExportQuota:
    used = await operations.used(tx)
    return pb.ExportQuota(
        user_rows=quota.user_rows,
        tenant_rows=quota.tenant_rows,
        used_by_me=used.get(tx.principal.user_id, 0),
        used_by_tenant=used.get(EVERYBODY, 0),
        reset_time=to_timestamp(next_day(tx.now)),
        version=quota.version,
    )
