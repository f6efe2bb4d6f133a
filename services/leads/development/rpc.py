"""DevelopmentService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import development_pb2 as pb

from services.kit.database import Tx
from services.kit.replies import PageReply
from services.leads.development import operations
from services.leads.development.domain import Development, DevelopmentChecklist, StepCount
from services.leads.development.store import checklist_codec, codec, item_codec, listing


class DevelopmentServicer:
    """See proto/dealtrail/leads/v1/development.proto."""

    async def PublishDevelopmentChecklist(
        self, request: pb.PublishDevelopmentChecklistRequest, tx: Tx
    ) -> pb.DevelopmentChecklist:
        given = DevelopmentChecklist(
            territory=request.territory.strip(),
            segment=request.segment.strip(),
            items=tuple(map(item_codec.from_message, request.items)),
            created_by=tx.principal.user_id,
            create_time=tx.now,
        )
        return checklist_codec.to_message(await operations.publish(tx, given))

    async def ListDevelopmentChecklists(
        self, _: pb.ListDevelopmentChecklistsRequest, tx: Tx
    ) -> pb.ListDevelopmentChecklistsResponse:
        found = map(checklist_codec.to_message, await operations.checklists(tx))
        return pb.ListDevelopmentChecklistsResponse(checklists=found)

    async def GetDevelopment(self, request: pb.GetDevelopmentRequest, tx: Tx) -> pb.Development:
        return _whole(*await operations.get(tx, UUID(request.account_id)))

    async def TickDevelopmentItem(self, request: pb.TickDevelopmentItemRequest, tx: Tx) -> pb.Development:
        account_id = UUID(request.account_id)
        return _whole(*await operations.tick(tx, account_id, request.item, undo=request.undo))

    async def ListDevelopments(
        self, request: pb.ListDevelopmentsRequest, tx: Tx
    ) -> PageReply[pb.ListDevelopmentsResponse]:
        return await listing.reply(tx, request, pb.ListDevelopmentsResponse, codec)

    async def GetDevelopmentFigures(self, request: pb.GetDevelopmentFiguresRequest, tx: Tx) -> pb.DevelopmentFigures:
        given = {"territory": request.territory, "segment": request.segment}
        steps, classes = await operations.figures(tx, {name: value for name, value in given.items() if value})
        return pb.DevelopmentFigures(
            steps=map(_step, steps), classes=[pb.ClassTime(**one._asdict()) for one in classes]
        )


def _whole(found: Development, checklist: DevelopmentChecklist) -> pb.Development:
    """How far an account has come, with what there is to do."""
    told = codec.to_message(found)
    told.items.extend(map(item_codec.to_message, checklist.items))
    return told


def _step(count: StepCount) -> pb.StepCount:
    return pb.StepCount(
        step=pb.Development.Step.Value(count.step),
        accounts=count.accounts,
        standing_p50_s=count.p50_s,
        standing_p90_s=count.p90_s,
    )
