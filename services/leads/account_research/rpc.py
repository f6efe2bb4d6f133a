"""AccountResearchService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import account_research_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply
from services.leads.account_research import operations
from services.leads.account_research.domain import FitCell, Kind, ResearchNote
from services.leads.account_research.store import listing, matrix_codec, note_codec
from services.leads.accounts.store import accounts
from services.leads.days import day


class AccountResearchServicer:
    """See proto/dealtrail/leads/v1/account_research.proto."""

    async def AddResearchNote(self, request: pb.AddResearchNoteRequest, tx: Tx) -> pb.ResearchNote:
        found = ResearchNote(
            id=new_id(),
            account_id=UUID(request.account_id),
            kind=Kind[pb.ResearchNote.Kind.Name(request.kind)],
            text=request.text.strip(),
            source=request.source.strip(),
            source_date=day("source_date", request.source_date),
            author_id=tx.principal.user_id,
            create_time=tx.now,
        )
        return note_codec.to_message(await operations.note(tx, found))

    async def ListResearchNotes(
        self, request: pb.ListResearchNotesRequest, tx: Tx
    ) -> PageReply[pb.ListResearchNotesResponse]:
        await accounts.row(tx, UUID(request.account_id))
        return await listing.reply(tx, request, pb.ListResearchNotesResponse, note_codec)

    async def JudgeFit(self, request: pb.JudgeFitRequest, tx: Tx) -> pb.FitMatrix:
        cells = [FitCell(one.product_code, one.need.strip(), one.importance, one.fit) for one in request.cells]
        return matrix_codec.to_message(await operations.judge(tx, UUID(request.account_id), cells))

    async def GetFit(self, request: pb.GetFitRequest, tx: Tx) -> pb.FitMatrix:
        return matrix_codec.to_message(await operations.fit(tx, UUID(request.account_id), request.revision))
