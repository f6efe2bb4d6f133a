"""LostReasonsService over gRPC."""

from dealtrail.opportunities.v1 import lost_reasons_pb2 as pb

from services.kit.database import Tx
from services.opportunities.lost_reasons import operations
from services.opportunities.lost_reasons.store import codec


class LostReasonsServicer:
    """See proto/dealtrail/opportunities/v1/lost_reasons.proto."""

    async def ListLostReasons(self, _: pb.ListLostReasonsRequest, tx: Tx) -> pb.ListLostReasonsResponse:
        return pb.ListLostReasonsResponse(reasons=[codec.to_message(one) for one in await operations.in_use(tx)])

    async def SetLostReason(self, request: pb.SetLostReasonRequest, tx: Tx) -> pb.LostReason:
        reason = codec.from_message(request)
        return codec.to_message(await operations.set_reason(tx, reason))
