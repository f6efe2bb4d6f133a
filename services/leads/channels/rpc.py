"""ChannelsService over gRPC."""

from dealtrail.leads.v1 import channels_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply
from services.leads.channels import operations
from services.leads.channels.domain import ChannelCost
from services.leads.channels.store import codec, cost_codec, cost_listing
from services.leads.values import day, money


class ChannelsServicer:
    """See proto/dealtrail/leads/v1/channels.proto."""

    async def ListChannels(self, _: pb.ListChannelsRequest, tx: Tx) -> pb.ListChannelsResponse:
        return pb.ListChannelsResponse(channels=[codec.to_message(one) for one in await operations.in_use(tx)])

    async def SetChannel(self, request: pb.SetChannelRequest, tx: Tx) -> pb.Channel:
        return codec.to_message(await operations.set_channel(tx, codec.from_message(request)))

    async def RecordChannelCost(self, request: pb.RecordChannelCostRequest, tx: Tx) -> pb.ChannelCost:
        cost = ChannelCost(
            id=new_id(),
            channel=request.channel,
            start_date=day(request.start_date, "start_date"),
            end_date=day(request.end_date, "end_date"),
            cost=money(request.cost),
            note=request.note.strip(),
            create_time=tx.now,
        )
        return cost_codec.to_message(await operations.record_cost(tx, cost))

    async def ListChannelCosts(
        self, request: pb.ListChannelCostsRequest, tx: Tx
    ) -> PageReply[pb.ListChannelCostsResponse]:
        return await cost_listing.reply(tx, request, pb.ListChannelCostsResponse, cost_codec)
