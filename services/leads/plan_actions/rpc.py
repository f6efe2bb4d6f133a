"""PlanActionsService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import plan_actions_pb2 as pb

from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.replies import PageReply
from services.leads.days import day
from services.leads.plan_actions import operations
from services.leads.plan_actions.domain import Side, Status
from services.leads.plan_actions.store import codec, listing


class PlanActionsServicer:
    """See proto/dealtrail/leads/v1/plan_actions.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def AddPlanAction(self, request: pb.AddPlanActionRequest, tx: Tx) -> pb.PlanAction:
        owner = await self._directory.owner(tx, request.owner_id)
        action = await operations.add(
            tx,
            UUID(request.account_plan_id),
            Side[pb.PlanAction.Side.Name(request.side)],
            request.title.strip(),
            day("due_date", request.due_date),
            owner.user_id,
            UUID(request.contact_id) if request.contact_id else None,
        )
        return codec.to_message(action)

    async def ListPlanActions(
        self, request: pb.ListPlanActionsRequest, tx: Tx
    ) -> PageReply[pb.ListPlanActionsResponse]:
        return await listing.reply(tx, request, pb.ListPlanActionsResponse, codec)

    async def FinishPlanAction(self, request: pb.FinishPlanActionRequest, tx: Tx) -> pb.PlanAction:
        found = await operations.settle(tx, UUID(request.id), Status.DONE, request.outcome.strip())
        return codec.to_message(found)

    async def DropPlanAction(self, request: pb.DropPlanActionRequest, tx: Tx) -> pb.PlanAction:
        found = await operations.settle(tx, UUID(request.id), Status.DROPPED, request.reason.strip())
        return codec.to_message(found)
