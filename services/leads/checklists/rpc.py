"""ChecklistsService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import checklists_pb2 as pb

from services.kit.database import Tx
from services.leads.checklists import operations
from services.leads.checklists.store import checklist_codec, judgement_codec, question_codec


class ChecklistsServicer:
    """See proto/dealtrail/leads/v1/checklists.proto."""

    async def PublishChecklist(self, request: pb.PublishChecklistRequest, tx: Tx) -> pb.Checklist:
        questions = tuple(map(question_codec.from_message, request.questions))
        label = request.label.strip()
        found = await operations.publish(tx, request.lead_type, label, request.pass_score, questions)
        return checklist_codec.to_message(found)

    async def GetChecklist(self, request: pb.GetChecklistRequest, tx: Tx) -> pb.Checklist:
        return checklist_codec.to_message(await operations.get(tx, request.lead_type, request.version))

    async def ListChecklists(self, _: pb.ListChecklistsRequest, tx: Tx) -> pb.ListChecklistsResponse:
        found = await operations.newest(tx)
        return pb.ListChecklistsResponse(checklists=map(checklist_codec.to_message, found))

    async def ListJudgements(self, request: pb.ListJudgementsRequest, tx: Tx) -> pb.ListJudgementsResponse:
        found = await operations.judgements(tx, UUID(request.lead_id))
        return pb.ListJudgementsResponse(judgements=map(judgement_codec.to_message, found))
