"""ChannelsService over gRPC: decode, count, encode."""

from dealtrail.analytics.v1 import channels_pb2 as pb

from services.analytics.channels import operations
from services.analytics.channels.domain import Counted, Grouping, total
from services.analytics.days import DAY, EVER, Period, day_of, parse, period
from services.analytics.rollups.operations import freshness
from services.analytics.rows.domain import link
from services.kit.database import Tx

MOST_GROUPS = 1000


class ChannelsServicer:
    """See proto/dealtrail/analytics/v1/channels.proto."""

    async def GetChannels(self, request: pb.GetChannelsRequest, tx: Tx) -> pb.Channels:
        end = parse(request.to, "to", day_of(tx.now) + DAY)
        within = period(parse(getattr(request, "from"), "from", EVER), end)
        counted = await operations.count(tx, within, request.owner_id, request.team_id)
        by = request.group_by or pb.GetChannelsRequest.CHANNEL
        grouping = Grouping(
            channel=by != pb.GetChannelsRequest.CAMPAIGN,
            campaign=by != pb.GetChannelsRequest.CHANNEL,
            fold=request.fold,
        )
        return pb.Channels(
            **{"from": getattr(request, "from")},
            to=end.isoformat(),
            groups=[_group(request, within, grouping, one) for one in grouping.gather(counted)[:MOST_GROUPS]],
            total=_group(request, within, Grouping(False, False, False), total(counted)),
            freshness=await freshness(tx, "leads"),
        )


def _group(request: pb.GetChannelsRequest, within: Period, grouping: Grouping, found: Counted) -> pb.ChannelGroup:
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
        conversion_rate=found.conversion_rate,
        rows="" if nameless else rows,
    )
