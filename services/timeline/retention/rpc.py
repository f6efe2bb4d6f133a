"""RetentionService over gRPC: decode, do one operation, encode."""

from typing import Any
from uuid import UUID

from dealtrail.timeline.v1 import retention_pb2 as pb

from services.kit.database import Tx
from services.kit.replies import PageReply
from services.timeline.retention import operations
from services.timeline.retention.store import codec, listing, rules_codec
from services.timeline.touchpoints.operations import Customers


class RetentionServicer:
    """See proto/dealtrail/timeline/v1/retention.proto."""

    def __init__(self, customers: Customers) -> None:
        self._customers = customers

    async def GetRetention(self, _: pb.GetRetentionRequest, tx: Tx) -> pb.Retention:
        return rules_codec.to_message(await operations.current(tx))

    async def UpdateRetention(self, request: pb.UpdateRetentionRequest, tx: Tx) -> pb.Retention:
        return rules_codec.to_message(await operations.change(tx, _given(request)))

    async def PreviewRetention(self, request: pb.PreviewRetentionRequest, tx: Tx) -> pb.RetentionPreview:
        return await operations.preview(tx, _given(request))

    async def HoldAccount(self, request: pb.HoldAccountRequest, tx: Tx) -> pb.LegalHold:
        return codec.to_message(await operations.hold(tx, self._customers, UUID(request.account_id)))

    async def ReleaseAccount(self, request: pb.ReleaseAccountRequest, tx: Tx) -> pb.LegalHold:
        return codec.to_message(await operations.release(tx, UUID(request.id)))

    async def ListLegalHolds(self, request: pb.ListLegalHoldsRequest, tx: Tx) -> PageReply[pb.ListLegalHoldsResponse]:
        return await listing.reply(tx, request, pb.ListLegalHoldsResponse, codec)


def _given(request: Any) -> dict[str, int]:
    return {field.name: value for field, value in request.ListFields()}
