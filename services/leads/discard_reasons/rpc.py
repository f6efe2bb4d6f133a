"""DiscardReasonsService over gRPC."""

from dealtrail.leads.v1 import discard_reasons_pb2 as pb

from services.kit.database import Tx
from services.leads.discard_reasons import operations
from services.leads.discard_reasons.store import codec


class DiscardReasonsServicer:
    """See proto/dealtrail/leads/v1/discard_reasons.proto."""

    async def ListDiscardReasons(self, _: pb.ListDiscardReasonsRequest, tx: Tx) -> pb.ListDiscardReasonsResponse:
        return pb.ListDiscardReasonsResponse(reasons=[codec.to_message(one) for one in await operations.in_use(tx)])

    async def SetDiscardReason(self, request: pb.SetDiscardReasonRequest, tx: Tx) -> pb.DiscardReason:
        reason = codec.from_message(request)
        return codec.to_message(await operations.set_reason(tx, reason))
