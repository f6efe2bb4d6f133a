"""AccountPlansService over gRPC."""

from decimal import Decimal
from uuid import UUID

from dealtrail.leads.v1 import account_plans_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply, RowReply
from services.leads.account_plans import operations
from services.leads.account_plans.domain import RATE_PLACES, AccountPlan, DiscountRate, ExpectedRevenue
from services.leads.account_plans.store import (
    codec,
    figures_codec,
    listing,
    plans,
    rate_codec,
    rate_listing,
    version_codec,
)
from services.leads.days import ZONE, day
from services.leads.values import money


class AccountPlansServicer:
    """See proto/dealtrail/leads/v1/account_plans.proto."""

    async def CreateAccountPlan(self, request: pb.CreateAccountPlanRequest, tx: Tx) -> pb.AccountPlan:
        plan = AccountPlan(
            id=new_id(),
            account_id=UUID(request.account_id),
            first_year=request.first_year,
            years=request.years,
            strategy_fit=request.strategy_fit.strip(),
            joint_goals=request.joint_goals.strip(),
            expected=_expected(request),
            author_id=tx.principal.user_id,
            create_time=tx.now,
            update_time=tx.now,
        )
        return codec.to_message(await operations.draft(tx, plan))

    async def GetAccountPlan(self, request: pb.GetAccountPlanRequest, tx: Tx) -> RowReply[pb.AccountPlan]:
        return codec.reply(await plans.row(tx, UUID(request.id)))

    async def ListAccountPlans(
        self, request: pb.ListAccountPlansRequest, tx: Tx
    ) -> PageReply[pb.ListAccountPlansResponse]:
        return await listing.reply(tx, request, pb.ListAccountPlansResponse, codec)

    async def UpdateAccountPlan(self, request: pb.UpdateAccountPlanRequest, tx: Tx) -> pb.AccountPlan:
        given: dict[str, object] = {
            name: getattr(request, name).strip() for name in ("strategy_fit", "joint_goals") if request.HasField(name)
        }
        if request.HasField("years"):
            given["years"] = request.years
        if request.expected:
            given["expected"] = _expected(request)
        return codec.to_message(await operations.change(tx, UUID(request.id), **given))

    async def ApproveAccountPlan(self, request: pb.ApproveAccountPlanRequest, tx: Tx) -> pb.AccountPlan:
        return codec.to_message(await operations.approve(tx, UUID(request.id)))

    async def ReviseAccountPlan(self, request: pb.ReviseAccountPlanRequest, tx: Tx) -> pb.AccountPlan:
        return codec.to_message(await operations.revise(tx, UUID(request.id)))

    async def CloseAccountPlan(self, request: pb.CloseAccountPlanRequest, tx: Tx) -> pb.AccountPlan:
        return codec.to_message(await operations.close(tx, UUID(request.id), request.reason.strip()))

    async def ListAccountPlanVersions(
        self, request: pb.ListAccountPlanVersionsRequest, tx: Tx
    ) -> pb.ListAccountPlanVersionsResponse:
        found = await operations.versions(tx, UUID(request.account_plan_id))
        return pb.ListAccountPlanVersionsResponse(versions=map(version_codec.to_message, found))

    async def GetAccountPlanFigures(self, request: pb.GetAccountPlanFiguresRequest, tx: Tx) -> pb.AccountPlanFigures:
        as_of = day("as_of", request.as_of) if request.as_of else tx.now.astimezone(ZONE).date()
        found = await operations.figures(tx, UUID(request.account_plan_id), as_of, request.approval)
        return figures_codec.to_message(found)

    async def SetDiscountRate(self, request: pb.SetDiscountRateRequest, tx: Tx) -> pb.DiscountRate:
        rate = DiscountRate(
            new_id(), Decimal(request.rate).quantize(RATE_PLACES), request.source.strip(), tx.principal.user_id, tx.now
        )
        return rate_codec.to_message(await operations.set_rate(tx, rate))

    async def ListDiscountRates(
        self, request: pb.ListDiscountRatesRequest, tx: Tx
    ) -> PageReply[pb.ListDiscountRatesResponse]:
        return await rate_listing.reply(tx, request, pb.ListDiscountRatesResponse, rate_codec)


def _expected(request: pb.CreateAccountPlanRequest | pb.UpdateAccountPlanRequest) -> list[ExpectedRevenue]:
    return [ExpectedRevenue(one.year, money(one.revenue)) for one in request.expected]
