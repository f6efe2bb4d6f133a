"""Account plans over gRPC on real PostgreSQL: their road, their versions, their actions and what they are worth."""

from datetime import UTC, datetime, timedelta

import pytest
from dealtrail.leads.v1 import account_plans_pb2 as pb
from dealtrail.leads.v1 import accounts_pb2, notices_pb2, persons_pb2
from dealtrail.leads.v1 import plan_actions_pb2 as actions_pb2
from dealtrail.type.v1 import personal_data_pb2 as data
from dealtrail.type.v1.money_pb2 import Money

from services.kit.ids import new_id
from services.kit.testing import Refusal, person
from services.leads.plan_actions import operations as plan_actions
from tests.integration.leads.signing import ourselves, signed

OURS, THEIRS = actions_pb2.PlanAction.OURS, actions_pb2.PlanAction.THEIRS


def today():
    """The day that it is in China."""
    return (datetime.now(UTC) + timedelta(hours=8)).date()


def expected(*amounts, year=2026):
    return [
        pb.ExpectedRevenue(year=year + number, revenue=Money(amount=amount, currency="CNY"))
        for number, amount in enumerate(amounts)
    ]


@pytest.fixture
async def account(leads, company):
    """A customer of the rep's."""
    asked = accounts_pb2.CreateAccountRequest(name="远大集团")
    return (await leads(company.rep, "CreateAccount", asked)).id


@pytest.fixture
async def plan(leads, company, account):
    """Its draft for three years."""
    asked = pb.CreateAccountPlanRequest(
        account_id=account,
        first_year=2026,
        years=3,
        strategy_fit="客户要出海，我们有海外交付",
        joint_goals="两年内成为首选供应商",
        expected=expected("100.00", "200.00", "300.00"),
    )
    return await leads(company.rep, "CreateAccountPlan", asked)


@pytest.fixture
def agreed(leads, company, plan):
    """`await agreed(side, days)`: an action that is due in so many days."""

    async def add(side=OURS, days=10, **more):
        due = (today() + timedelta(days=days)).isoformat()
        given = {"account_plan_id": plan.id, "side": side, "title": "高层互访", "due_date": due} | more
        return await leads(company.rep, "AddPlanAction", actions_pb2.AddPlanActionRequest(**given))

    return add


async def told(leads, who):
    found = await leads(who, "ListNotices", notices_pb2.ListNoticesRequest(page_size=100))
    return [one.kind for one in found.notices]


async def figures(leads, who, plan, **asked):
    return await leads(who, "GetAccountPlanFigures", pb.GetAccountPlanFiguresRequest(account_plan_id=plan.id, **asked))


async def test_a_manager_approves_a_draft_of_which_both_sides_have_something_to_do(leads, company, plan, agreed):
    approve = pb.ApproveAccountPlanRequest(id=plan.id)
    await agreed(OURS)
    with pytest.raises(Refusal, match="PLAN_INCOMPLETE"):
        await leads(company.manager, "ApproveAccountPlan", approve)
    await agreed(THEIRS)
    with pytest.raises(Refusal, match="PERMISSION_DENIED"):
        await leads(company.rep, "ApproveAccountPlan", approve)
    approved = await leads(company.manager, "ApproveAccountPlan", approve)
    assert (approved.status, approved.approvals) == (pb.AccountPlan.APPROVED, 1)
    assert "PLAN_APPROVED" in await told(leads, company.rep)
    with pytest.raises(Refusal, match="PLAN_NOT_DRAFT"):
        await leads(company.rep, "UpdateAccountPlan", pb.UpdateAccountPlanRequest(id=plan.id, joint_goals="别的"))


async def test_an_approved_version_keeps_what_was_approved_and_at_which_rate(leads, company, plan, agreed):
    await agreed(OURS)
    await agreed(THEIRS)
    await leads(company.boss, "SetDiscountRate", pb.SetDiscountRateRequest(rate="0.1", source="资本成本"))
    await leads(company.manager, "ApproveAccountPlan", pb.ApproveAccountPlanRequest(id=plan.id))
    await leads(company.rep, "ReviseAccountPlan", pb.ReviseAccountPlanRequest(id=plan.id))
    changed = pb.UpdateAccountPlanRequest(id=plan.id, expected=expected("500.00"))
    await leads(company.rep, "UpdateAccountPlan", changed)
    await leads(company.boss, "SetDiscountRate", pb.SetDiscountRateRequest(rate="0", source="试算"))
    await leads(company.manager, "ApproveAccountPlan", pb.ApproveAccountPlanRequest(id=plan.id))
    asked = pb.ListAccountPlanVersionsRequest(account_plan_id=plan.id)
    versions = (await leads(company.rep, "ListAccountPlanVersions", asked)).versions
    assert [(one.approval, one.discount_rate, len(one.expected)) for one in versions] == [
        (2, "0.0000", 1),
        (1, "0.1000", 3),
    ]
    first = await figures(leads, company.rep, plan, approval=1)
    now = await figures(leads, company.rep, plan)
    # 100/1.1 + 200/1.21 + 300/1.331
    assert (first.expected.amount, first.net_present_value.amount) == ("600.00", "481.59")
    assert (now.expected.amount, now.net_present_value.amount) == ("500.00", "500.00")
    rates = (await leads(company.rep, "ListDiscountRates", pb.ListDiscountRatesRequest())).discount_rates
    assert [one.rate for one in rates] == ["0.0000", "0.1000"]


async def test_what_was_signed_for_stands_beside_what_was_expected(leads, company, account, plan):
    await signed(leads, company, account, "2026-05-01", amount="60")
    await signed(leads, company, account, "2026-11-01", amount="60")
    await signed(leads, company, account, "2025-12-31", amount="7")
    found = await figures(leads, company.manager, plan, as_of="2026-06-30")
    assert [(one.year, one.actual.amount, one.attainment) for one in found.by_year] == [
        (2026, "60.00", 0.6),
        (2027, "0.00", 0),
        (2028, "0.00", 0),
    ]
    assert (found.actual.amount, found.HasField("net_present_value")) == ("60.00", False)


async def test_progress_counts_what_was_due_and_who_sees_to_it_is_reminded_once(leads, company, plan, agreed):
    done = await agreed(OURS, -1)
    dropped = await agreed(OURS, -1)
    await agreed(THEIRS, -2, owner_id=str(company.rep.user_id))
    await agreed(THEIRS, 2)
    await agreed(OURS, 9)
    finish = actions_pb2.FinishPlanActionRequest(id=done.id, outcome="双方总裁会面")
    assert (await leads(company.rep, "FinishPlanAction", finish)).settle_date == today().isoformat()
    drop = actions_pb2.DropPlanActionRequest(id=dropped.id, reason="客户预算取消")
    await leads(company.manager, "DropPlanAction", drop)
    with pytest.raises(Refusal, match="ACTION_SETTLED"):
        await leads(company.rep, "FinishPlanAction", finish)
    found = await figures(leads, company.rep, plan)
    both = [(one.due, one.done, one.dropped) for one in (found.progress, found.ours, found.theirs)]
    assert both == [(2, 1, 1), (1, 1, 1), (1, 0, 0)]
    assert (found.progress.rate, found.theirs.rate) == (0.5, 0)
    for _ in range(2):
        async with ourselves(leads, company) as tx:
            assert not await plan_actions.remind(tx)
    assert sorted(await told(leads, company.rep)) == ["PLAN_ACTION_DUE", "PLAN_ACTION_OVERDUE"]
    close = pb.CloseAccountPlanRequest(id=plan.id, reason="转入下一期")
    await leads(company.manager, "CloseAccountPlan", close)
    with pytest.raises(Refusal, match="PLAN_CLOSED"):
        await agreed(OURS)


async def test_a_plan_is_seen_with_its_account_and_there_is_one_at_a_time(leads, company, account, plan, agreed):
    again = pb.CreateAccountPlanRequest(account_id=account, first_year=2027, years=1)
    with pytest.raises(Refusal, match="PLAN_OPEN"):
        await leads(company.manager, "CreateAccountPlan", again)
    action = await agreed(OURS)
    finish = actions_pb2.FinishPlanActionRequest(id=action.id)
    for method, request in (
        ("GetAccountPlan", pb.GetAccountPlanRequest(id=plan.id)),
        ("ReviseAccountPlan", pb.ReviseAccountPlanRequest(id=plan.id)),
        ("CreateAccountPlan", again),
        ("FinishPlanAction", finish),
    ):
        with pytest.raises(Refusal, match="NOT_FOUND"):
            await leads(company.other_rep, method, request)
    assert not (await leads(company.other_rep, "ListAccountPlans", pb.ListAccountPlansRequest())).account_plans
    assert not (await leads(company.other_rep, "ListPlanActions", actions_pb2.ListPlanActionsRequest())).plan_actions
    await leads(company.boss, "CloseAccountPlan", pb.CloseAccountPlanRequest(id=plan.id, reason="重新规划"))
    assert (await leads(company.rep, "CreateAccountPlan", again)).status == pb.AccountPlan.DRAFT


async def test_what_the_customer_does_is_done_by_a_contact_of_it_who_may_be_forgotten(
    leads, company, account, plan, agreed
):
    asked = accounts_pb2.CreateContactRequest(account_id=account, name="单雄信", phone="13800138000")
    contact = await leads(company.rep, "CreateContact", asked)
    with pytest.raises(Refusal, match="CONTACT_NOT_OF_ACCOUNT"):
        await agreed(THEIRS, contact_id=str(new_id()))
    action = await agreed(THEIRS, contact_id=contact.id, title="单雄信立项", days=1)
    admin = person("ADMIN", company.boss.tenant_id)
    traces = data.PersonTraces(person_ids=[contact.person_id])
    await leads(admin, "ErasePerson", persons_pb2.ErasePersonRequest(id=str(new_id()), traces=traces))
    (left,) = (await leads(company.rep, "ListPlanActions", actions_pb2.ListPlanActionsRequest())).plan_actions
    assert (left.id, left.title) == (action.id, "****立项")
