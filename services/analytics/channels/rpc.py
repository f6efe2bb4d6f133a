"""ChannelsService over gRPC: decode, count, encode."""

from decimal import Decimal

from dealtrail.analytics.v1 import channels_pb2 as pb
from dealtrail.type.v1.money_pb2 import Money

from services.analytics.channels import operations
from services.analytics.channels.domain import Counted, Grouping, total
from services.analytics.days import DAY, EVER, Period, day_of, parse, period
from services.analytics.rollups.operations import freshness
from services.analytics.rows.domain import link
from services.kit.database import Tx
from services.kit.visibility import ALL, reach

MOST_GROUPS = 1000


class ChannelsServicer:
    """See proto/dealtrail/analytics/v1/channels.proto."""

    async def GetChannels(self, request: pb.GetChannelsRequest, tx: Tx) -> pb.Channels:
        end = parse(request.to, "to", day_of(tx.now) + DAY)
        within = period(parse(getattr(request, "from"), "from", EVER), end)
        whose = request.owner_id, request.team_id
        counted = await operations.count(tx, within, *whose)
        counted += await operations.signed(tx, within, *whose)
        currency = request.currency or "CNY"
        if whole := reach(tx.principal) == ALL and not any(whose):
            counted += await operations.spent(tx, within, currency)
        shown = currency if whole else ""
        by = request.group_by or pb.GetChannelsRequest.CHANNEL
        grouping = Grouping(
            channel=by != pb.GetChannelsRequest.CAMPAIGN,
            campaign=by != pb.GetChannelsRequest.CHANNEL,
            fold=request.fold,
        )
        return pb.Channels(
            **{"from": getattr(request, "from")},
            to=end.isoformat(),
            groups=[_group(request, within, grouping, one, shown) for one in grouping.gather(counted)[:MOST_GROUPS]],
            total=_group(request, within, Grouping(False, False, False), total(counted), shown),
            freshness=await freshness(tx, "leads"),
        )


def _group(
    request: pb.GetChannelsRequest, within: Period, grouping: Grouping, found: Counted, currency: str
) -> pb.ChannelGroup:
    """The group as it is told; what it costs only where a currency says that all of the tenant is counted."""
    nameless = (grouping.channel and not found.channel) or (grouping.campaign and not found.campaign)
    rows = link(
        "LEADS",
        **{"from": getattr(request, "from"), "to": within.end},
        ownerId=request.owner_id,
        teamId=request.team_id,
        channel=found.channel,
        campaign=found.campaign,
        fold="true" if grouping.fold else "",
    )
    return pb.ChannelGroup(
        channel=found.channel,
        campaign=found.campaign,
        leads=found.leads,
        qualified=found.qualified,
        converted=found.converted,
        discarded=found.discarded,
        signed=found.signed,
        cost=_money(found.cost or None, currency),
        cost_per_lead=_money(found.cost_per_lead, currency),
        cost_per_signed=_money(found.cost_per_signed, currency),
        conversion_rate=found.conversion_rate,
        rows="" if nameless else rows,
    )


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return Money(amount=f"{amount:.2f}", currency=currency) if currency and amount is not None else None
