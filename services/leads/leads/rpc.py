"""LeadsService over gRPC: decode, do one operation, encode."""

from datetime import datetime
from uuid import UUID

from dealtrail.leads.v1 import leads_pb2 as pb

from services.kit.batch import Batch
from services.kit.client import Peer
from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.ids import new_id
from services.kit.replies import PageReply, RowReply
from services.leads.assignment import operations as assignment
from services.leads.checklists import operations as checklists
from services.leads.consents import operations as consents
from services.leads.discards import operations as discards
from services.leads.identifiers import plain_uscc
from services.leads.interests import operations as interests
from services.leads.leads import operations
from services.leads.leads.domain import Lead, Status
from services.leads.leads.refusals import DueDateMissing, LeadHeld, LeadIdTaken
from services.leads.leads.store import codec, leads, listing, utm_codec
from services.leads.pasts.domain import Past
from services.leads.values import day


class LeadsServicer:
    """See proto/dealtrail/leads/v1/leads.proto."""

    def __init__(self, directory: Directory, deals: Peer) -> None:
        self._directory = directory
        self._deals = deals

    async def CreateLead(self, request: pb.CreateLeadRequest, tx: Tx) -> pb.Lead:
        create = operations.create_as if request.id else operations.create
        lead = await create(tx, await self._arrival(tx, request))
        if not request.owner_id and lead.collision_id is None:
            lead = await assignment.on_capture(tx, self._directory, lead)
        return codec.to_message(lead)

    async def BatchCreateLeads(self, request: pb.BatchCreateLeadsRequest, tx: Tx) -> pb.BatchCreateLeadsResponse:
        batch = await Batch.read(request.leads, lambda item: self._arrival(tx, item))
        if not request.validate_only:
            await batch.settle(tx, leads, await operations.create_new(tx, batch.accepted), LeadIdTaken())
            for lead in (arrival.lead for arrival in batch.accepted):
                if lead.collision_id is not None:
                    batch.remark(lead.id, LeadHeld(collision_id=lead.collision_id))
        return pb.BatchCreateLeadsResponse(results=batch.results)

    async def GetLead(self, request: pb.GetLeadRequest, tx: Tx) -> RowReply[pb.Lead]:
        return codec.reply(await leads.row(tx, UUID(request.id)))

    async def ListLeads(self, request: pb.ListLeadsRequest, tx: Tx) -> PageReply[pb.ListLeadsResponse]:
        return await listing.reply(tx, request, pb.ListLeadsResponse, codec)

    async def UpdateLead(self, request: pb.UpdateLeadRequest, tx: Tx) -> pb.Lead:
        return codec.to_message(await operations.update(tx, request))

    async def AssignLead(self, request: pb.AssignLeadRequest, tx: Tx) -> pb.Lead:
        lead = await operations.assign(tx, self._directory, UUID(request.id), request.owner_id)
        await assignment.note_by_hand(tx, lead)
        return codec.to_message(lead)

    async def ShareLead(self, request: pb.ShareLeadRequest, tx: Tx) -> pb.Lead:
        return codec.to_message(await operations.share(tx, self._directory, UUID(request.id), request.user_ids))

    async def QualifyLead(self, request: pb.QualifyLeadRequest, tx: Tx) -> pb.Lead:
        return codec.to_message(await checklists.qualify(tx, request))

    async def DiscardLead(self, request: pb.DiscardLeadRequest, tx: Tx) -> pb.Lead:
        return codec.to_message(await discards.discard(tx, self._directory, UUID(request.id), request.reason))

    async def ReopenLead(self, request: pb.ReopenLeadRequest, tx: Tx) -> pb.Lead:
        return codec.to_message(await discards.reopen(tx, UUID(request.id), request.why.strip()))

    async def ConvertLead(self, request: pb.ConvertLeadRequest, tx: Tx) -> pb.Lead:
        if request.target in (pb.ConvertLeadRequest.TARGET_UNSPECIFIED, pb.ConvertLeadRequest.DEAL):
            await interests.before_deal(tx, request)
        return codec.to_message(await operations.convert(tx, self._deals, UUID(request.id), _conversion(request)))

    async def RevealLead(self, request: pb.RevealLeadRequest, tx: Tx) -> pb.Lead:
        row = await leads.row(tx, UUID(request.id))
        await consents.must_cover(tx, row["id"], request.use)
        return codec.row_to_message(row, revealed=True)

    async def _arrival(self, tx: Tx, request: pb.CreateLeadRequest) -> operations.Arrival:
        owner = await self._directory.owner(tx, request.owner_id)
        lead = Lead(
            id=UUID(request.id) if request.id else new_id(),
            company=request.company.strip(),
            contact_name=request.contact_name.strip(),
            phone=request.phone.strip(),
            email=request.email,
            channel=request.channel.strip(),
            campaign=request.campaign.strip(),
            attributes=dict(request.attributes),
            lead_type=request.lead_type,
            uscc=plain_uscc(request.uscc),
            wechat_id=request.wechat_id,
            utm=utm_codec.from_message(request.utm) if request.HasField("utm") else None,
            owner_id=owner.user_id,
            team_id=owner.team_id,
            distributed=owner.user_id != tx.principal.user_id,
            create_time=from_timestamp(request.create_time) if request.HasField("create_time") else tx.now,
            update_time=tx.now,
        )
        lead.come_to_stage(lead.create_time)
        return await operations.arrive(tx, lead, _past(request, tx.now))


def _conversion(request: pb.ConvertLeadRequest) -> operations.Conversion:
    if request.target != pb.ConvertLeadRequest.TASK:
        return operations.Conversion(request.deal_name, request.target == pb.ConvertLeadRequest.ACCOUNT)
    if not request.due_date:
        raise DueDateMissing
    return operations.Conversion(task_title=request.task_title.strip(), due=day(request.due_date, "due_date"))


def _past(request: pb.CreateLeadRequest, now: datetime) -> Past | None:
    if not request.outcome:
        return None
    at = from_timestamp(request.outcome_time) if request.HasField("outcome_time") else now
    return Past(Status[pb.Lead.Status.Name(request.outcome)], at, request.discard_reason)
