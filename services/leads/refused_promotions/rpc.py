"""RefusedPromotionsService over gRPC: decode, do one operation, encode."""

from dealtrail.leads.v1 import refused_promotions_pb2 as pb

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.replies import PageReply
from services.leads.refused_promotions.store import codec, count_codec, figures, listing


class RefusedPromotionsServicer:
    """See proto/dealtrail/leads/v1/refused_promotions.proto."""

    async def ListRefusedPromotions(
        self, request: pb.ListRefusedPromotionsRequest, tx: Tx
    ) -> PageReply[pb.ListRefusedPromotionsResponse]:
        return await listing.reply(tx, request, pb.ListRefusedPromotionsResponse, codec)

    async def GetRefusedPromotionFigures(
        self, request: pb.GetRefusedPromotionFiguresRequest, tx: Tx
    ) -> pb.RefusedPromotionFigures:
        within = {
            name: from_timestamp(getattr(request, name)) for name in ("from_time", "to_time") if request.HasField(name)
        }
        total, reps = await figures(tx, **within)
        return pb.RefusedPromotionFigures(total=count_codec.to_message(total), reps=map(count_codec.to_message, reps))
