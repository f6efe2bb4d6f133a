"""ReviewPlansService over gRPC."""

from dataclasses import replace

from dealtrail.leads.v1 import review_plans_pb2 as pb

from services.kit.database import Tx
from services.kit.directory import Directory
from services.leads.review_boards.operations import filter_of
from services.leads.review_plans import operations
from services.leads.review_plans.domain import ReviewPlan
from services.leads.review_plans.store import codec, recurrence_codec


class ReviewPlansServicer:
    """See proto/dealtrail/leads/v1/review_plans.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def SetReviewPlan(self, request: pb.SetReviewPlanRequest, tx: Tx) -> pb.ReviewPlan:
        named = request.reviewer_ids or [str(tx.principal.user_id)]
        wanted = replace(await filter_of(tx, self._directory, request.filter), captured_from="", captured_before="")
        plan = ReviewPlan(
            code=request.code,
            title=request.title.strip(),
            recurrence=recurrence_codec.from_message(request.recurrence),
            days=request.days,
            filter=wanted,
            sample=request.sample,
            reviewers=[(await self._directory.owner(tx, one)).user_id for one in named],
            task_days=request.task_days,
            convener_id=tx.principal.user_id,
            active=request.active,
            last_time=tx.now,
        )
        return _plan(await operations.set_plan(tx, plan))

    async def ListReviewPlans(self, _: pb.ListReviewPlansRequest, tx: Tx) -> pb.ListReviewPlansResponse:
        return pb.ListReviewPlansResponse(plans=map(_plan, await operations.plans(tx)))


def _plan(plan: ReviewPlan) -> pb.ReviewPlan:
    told = codec.to_message(plan)
    told.reviewer_ids.extend(map(str, plan.reviewers))
    return told
