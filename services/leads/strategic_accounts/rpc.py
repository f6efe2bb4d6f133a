"""StrategicAccountsService over gRPC."""

from datetime import timedelta
from uuid import UUID

from dealtrail.leads.v1 import strategic_accounts_pb2 as pb

from services.kit.codec import Codec
from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply
from services.leads.accounts.store import accounts
from services.leads.days import ZONE, day
from services.leads.strategic_accounts import operations
from services.leads.strategic_accounts.domain import Decision, Selection, WeightedCriterion
from services.leads.strategic_accounts.store import codec, figures_codec, history, listing, model_codec, score_codec

YEAR = timedelta(days=364)
"""From the first day of a year to its last, both included, whatever the year."""
criterion_codec = Codec(WeightedCriterion, pb.WeightedCriterion)


class StrategicAccountsServicer:
    """See proto/dealtrail/leads/v1/strategic_accounts.proto."""

    async def PublishSelectionModel(self, request: pb.PublishSelectionModelRequest, tx: Tx) -> pb.SelectionModel:
        criteria = [criterion_codec.from_message(one) for one in request.criteria]
        return model_codec.to_message(await operations.publish(tx, criteria))

    async def ListSelectionModels(self, _: pb.ListSelectionModelsRequest, tx: Tx) -> pb.ListSelectionModelsResponse:
        return pb.ListSelectionModelsResponse(models=map(model_codec.to_message, await operations.models(tx)))

    async def GetSelectionScore(self, request: pb.GetSelectionScoreRequest, tx: Tx) -> pb.SelectionScore:
        return score_codec.to_message(await operations.rate(tx, UUID(request.account_id)))

    async def DecideSelection(self, request: pb.DecideSelectionRequest, tx: Tx) -> pb.Selection:
        selection = Selection(
            id=new_id(),
            account_id=UUID(request.account_id),
            decision=Decision[pb.Selection.Decision.Name(request.decision)],
            reason=request.reason.strip(),
            model_version=0,
            review_date=day("review_date", request.review_date),
            author_id=tx.principal.user_id,
            create_time=tx.now,
        )
        return codec.to_message(await operations.decide(tx, selection))

    async def ListAccountSelections(
        self, request: pb.ListAccountSelectionsRequest, tx: Tx
    ) -> PageReply[pb.ListAccountSelectionsResponse]:
        await accounts.row(tx, UUID(request.account_id))
        return await history.reply(tx, request, pb.ListAccountSelectionsResponse, codec)

    async def ListSelections(self, request: pb.ListSelectionsRequest, tx: Tx) -> PageReply[pb.ListSelectionsResponse]:
        return await listing.reply(tx, request, pb.ListSelectionsResponse, codec)

    async def GetStrategicFigures(self, request: pb.GetStrategicFiguresRequest, tx: Tx) -> pb.StrategicFigures:
        end = day("end_date", request.end_date) if request.end_date else tx.now.astimezone(ZONE).date()
        start = day("start_date", request.start_date) if request.start_date else end - YEAR
        return figures_codec.to_message(await operations.figures(tx, start, end, request.currency or "CNY"))
