"""ProspectsService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import prospects_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply, RowReply
from services.leads.interests import operations as interests
from services.leads.interests.domain import ContactRole
from services.leads.interests.store import codec as interest_codec
from services.leads.prospects import operations
from services.leads.prospects.domain import Prospect
from services.leads.prospects.store import codec, listing, prospects, rules_codec


class ProspectsServicer:
    """See proto/dealtrail/leads/v1/prospects.proto."""

    async def CreateProspect(self, request: pb.CreateProspectRequest, tx: Tx) -> pb.Prospect:
        prospect = Prospect(
            id=UUID(request.id) if request.id else new_id(),
            company=request.company.strip(),
            industry=request.industry.strip(),
            region=request.region.strip(),
            channel=request.channel.strip(),
            product=request.product.strip(),
            owner_id=tx.principal.user_id,
            team_id=tx.principal.team_id,
            collaborators=[],
            create_time=tx.now,
            update_time=tx.now,
        )
        return codec.to_message(await operations.create(tx, prospect))

    async def GetProspect(self, request: pb.GetProspectRequest, tx: Tx) -> RowReply[pb.Prospect]:
        return codec.reply(await prospects.row(tx, UUID(request.id)))

    async def ListProspects(self, request: pb.ListProspectsRequest, tx: Tx) -> PageReply[pb.ListProspectsResponse]:
        return await listing.reply(tx, request, pb.ListProspectsResponse, codec)

    async def PromoteProspect(self, request: pb.PromoteProspectRequest, tx: Tx) -> pb.Prospect:
        name, phone = request.contact_name.strip(), request.phone.strip()
        return codec.to_message(await operations.promote(tx, UUID(request.id), name, phone, request.email))

    async def SetProspectAside(self, request: pb.SetProspectAsideRequest, tx: Tx) -> pb.Prospect:
        return codec.to_message(await operations.set_aside(tx, UUID(request.id)))

    async def GetPromotionRules(self, _: pb.GetPromotionRulesRequest, tx: Tx) -> pb.PromotionRules:
        return rules_codec.to_message(await operations.rules(tx))

    async def SetPromotionRules(self, request: pb.SetPromotionRulesRequest, tx: Tx) -> pb.PromotionRules:
        return rules_codec.to_message(await operations.set_rules(tx, rules_codec.from_message(request)))

    async def RecordInterest(self, request: pb.RecordInterestRequest, tx: Tx) -> pb.Interest:
        role = ContactRole(pb.ContactRole.Name(request.role))
        found = await interests.record(tx, UUID(request.lead_id), role, request.topic.strip())
        return interest_codec.to_message(found)

    async def ListInterests(self, request: pb.ListInterestsRequest, tx: Tx) -> pb.ListInterestsResponse:
        found = await interests.listed(tx, UUID(request.lead_id))
        return pb.ListInterestsResponse(interests=map(interest_codec.to_message, found))
