"""CampaignsService over gRPC: decode, do one operation, encode."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import campaigns_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply, RowReply
from services.leads.campaigns import operations
from services.leads.campaigns.domain import Campaign
from services.leads.campaigns.store import campaigns, codec, listing
from services.leads.values import day, money


class CampaignsServicer:
    """See proto/dealtrail/leads/v1/campaigns.proto."""

    async def CreateCampaign(self, request: pb.CreateCampaignRequest, tx: Tx) -> pb.Campaign:
        campaign = Campaign(
            id=new_id(),
            name=request.name,
            channel=request.channel,
            start_date=day(request.start_date, "start_date"),
            end_date=day(request.end_date, "end_date"),
            cost=money(request.cost),
            create_time=tx.now,
            update_time=tx.now,
        )
        return codec.to_message(await operations.create(tx, campaign))

    async def GetCampaign(self, request: pb.GetCampaignRequest, tx: Tx) -> RowReply[pb.Campaign]:
        return codec.reply(await campaigns.row(tx, UUID(request.id)))

    async def ListCampaigns(self, request: pb.ListCampaignsRequest, tx: Tx) -> PageReply[pb.ListCampaignsResponse]:
        return await listing.reply(tx, request, pb.ListCampaignsResponse, codec)

    async def UpdateCampaign(self, request: pb.UpdateCampaignRequest, tx: Tx) -> pb.Campaign:
        changes: dict[str, Any] = {
            name: day(getattr(request, name), name) for name in ("start_date", "end_date") if request.HasField(name)
        }
        if request.HasField("cost"):
            changes["cost"] = money(request.cost)
        return codec.to_message(await operations.update(tx, UUID(request.id), changes))
