"""SmallFunnelService over gRPC: decode, count, encode."""

from typing import Any

from dealtrail.analytics.v1 import small_funnel_pb2 as pb

from services.analytics.days import DAY, EVER, day_of, parse, period
from services.analytics.refused_promotions.domain import Refusals
from services.analytics.rollups.operations import freshness
from services.analytics.rows.domain import link
from services.analytics.small_funnel import operations
from services.kit.database import Tx


class SmallFunnelServicer:
    """See proto/dealtrail/analytics/v1/small_funnel.proto."""

    async def GetSmallFunnel(self, request: pb.GetSmallFunnelRequest, tx: Tx) -> pb.SmallFunnel:
        first = getattr(request, "from")
        end = parse(request.to, "to", day_of(tx.now) + DAY)
        within = period(parse(first, "from", EVER), end)
        layers = await operations.count(tx, within, request.owner_id, request.team_id)
        chosen = {"from": first, "to": within.end, "ownerId": request.owner_id, "teamId": request.team_id}
        rows = {"LEAD": link("LEADS", **chosen)}
        return pb.SmallFunnel(
            **{"from": first},
            to=end.isoformat(),
            layers=[
                pb.SmallFunnelLayer(
                    layer=pb.SmallFunnelLayer.Layer.Value(one.name),
                    count=one.count,
                    promoted=one.promoted,
                    rate=one.rate,
                    rows=rows.get(one.name, ""),
                    refusals=[_refusals(some, chosen) for some in one.refusals],
                )
                for one in layers
            ],
            freshness=await freshness(tx, "leads"),
        )


def _refusals(counted: Refusals, chosen: dict[str, Any]) -> pb.SmallFunnelRefusals:
    opened = chosen | {"reason": counted.reason}
    return pb.SmallFunnelRefusals(
        reason=counted.reason,
        attempts=counted.attempts,
        leads=counted.leads,
        rows=link("REFUSED_PROMOTIONS", **opened),
        lead_rows=link("REFUSED_LEADS", **opened),
    )
