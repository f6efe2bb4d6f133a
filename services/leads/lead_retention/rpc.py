"""LeadRetentionService over gRPC: decode, do one operation, encode."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import lead_retention_pb2 as pb

from services.kit.database import Tx
from services.kit.replies import PageReply
from services.leads.lead_retention import operations
from services.leads.lead_retention.store import codec, listing, rules_codec


class LeadRetentionServicer:
    """See proto/dealtrail/leads/v1/lead_retention.proto."""

    async def GetLeadRetention(self, _: pb.GetLeadRetentionRequest, tx: Tx) -> pb.LeadRetention:
        return rules_codec.to_message(await operations.current(tx))

    async def UpdateLeadRetention(self, request: pb.UpdateLeadRetentionRequest, tx: Tx) -> pb.LeadRetention:
        return rules_codec.to_message(await operations.change(tx, _given(request)))

    async def PreviewLeadRetention(self, request: pb.PreviewLeadRetentionRequest, tx: Tx) -> pb.LeadRetentionPreview:
        return await operations.preview(tx, _given(request))

    async def HoldLead(self, request: pb.HoldLeadRequest, tx: Tx) -> pb.LeadHold:
        return codec.to_message(await operations.hold(tx, UUID(request.lead_id)))

    async def ReleaseLead(self, request: pb.ReleaseLeadRequest, tx: Tx) -> pb.LeadHold:
        return codec.to_message(await operations.release(tx, UUID(request.id)))

    async def ListLeadHolds(self, request: pb.ListLeadHoldsRequest, tx: Tx) -> PageReply[pb.ListLeadHoldsResponse]:
        return await listing.reply(tx, request, pb.ListLeadHoldsResponse, codec)


def _given(request: Any) -> dict[str, int]:
    return {field.name: value for field, value in request.ListFields()}
