"""Wallets, plans, research and decisions of two accounts that are merged, over gRPC on real PostgreSQL."""

from dealtrail.leads.v1 import account_plans_pb2 as plans_pb2
from dealtrail.leads.v1 import account_research_pb2 as research_pb2
from dealtrail.leads.v1 import persons_pb2, wallets_pb2
from dealtrail.leads.v1 import plan_actions_pb2 as actions_pb2
from dealtrail.leads.v1 import strategic_accounts_pb2 as strategic_pb2
from dealtrail.type.v1 import personal_data_pb2 as data
from dealtrail.type.v1.money_pb2 import Money
from sqlalchemy import select

from services.kit.ids import new_id
from services.kit.sql import Query
from services.kit.testing import person
from services.leads.merges.store import KINDS
from tests.integration.leads.signing import ourselves, signed
from tests.integration.leads.test_merges import account, contact, merge, refusal, undo
from tests.integration.leads.test_strategic_accounts import judge

KEEP, RUN = strategic_pb2.Selection.KEEP, strategic_pb2.Selection.RUN


def spend(of, amount, period="2026"):
    return wallets_pb2.RecordSpendRequest(
        account_id=of,
        category="SERVERS",
        period=period,
        amount=Money(amount=amount, currency="CNY"),
        source="王芳说的",
        source_date="2026-01-05",
    )


def note(of):
    given = {"text": "三年内出海", "source": "年报", "source_date": "2026-01-05", "kind": 1}
    return research_pb2.AddResearchNoteRequest(account_id=of, **given)


def plan(of):
    goals = {"strategy_fit": "客户要出海", "joint_goals": "首选供应商"}
    return plans_pb2.CreateAccountPlanRequest(account_id=of, first_year=2026, years=3, **goals)


def decision(of, what):
    given = {"reason": "评审", "review_date": "2099-01-01"}
    return strategic_pb2.DecideSelectionRequest(account_id=of, decision=what, **given)


def action(of):
    given = {"side": actions_pb2.PlanAction.OURS, "title": "高层互访", "due_date": "2099-12-31"}
    return actions_pb2.AddPlanActionRequest(account_plan_id=of, **given)


async def with_everything(leads, company, name, amount, decided):
    """An account of the rep's with a row of each kind; its id, and that of its plan."""
    of = (await account(leads, company.rep, name)).id
    await leads(company.rep, "RecordSpend", spend(of, amount))
    await leads(company.rep, "AddResearchNote", note(of))
    await judge(leads, company.rep, of, ("S1", f"{name}的需求", 5, 3))
    await leads(company.manager, "DecideSelection", decision(of, decided))
    drafted = await leads(company.rep, "CreateAccountPlan", plan(of))
    await leads(company.rep, "AddPlanAction", action(drafted.id))
    return of, drafted.id


async def everything(leads, company):
    """All rows that follow merges, as they stand."""
    async with ourselves(leads, company) as tx:
        return {kind: sorted(map(str, await tx.fetch(rows))) for kind, rows in ALL.items()}


ALL = {kind: Query(select(rows)) for kind, rows in KINDS.items()}


async def shown(leads, company, of):
    """What counts of the account: spend, decisions, fit, and how many plans and notes."""
    found = await leads(company.rep, "ListWallets", wallets_pb2.ListWalletsRequest(account_id=of))
    spends = [(one.period, one.spend.amount, one.sales.amount) for one in found.wallets]
    selections = await leads(company.rep, "ListSelections", strategic_pb2.ListSelectionsRequest())
    decisions = [one.decision for one in selections.selections if one.account_id == of]
    fit = await leads(company.rep, "GetFit", research_pb2.GetFitRequest(account_id=of))
    plans = await leads(company.rep, "ListAccountPlans", plans_pb2.ListAccountPlansRequest(account_id=of))
    notes = await leads(company.rep, "ListResearchNotes", research_pb2.ListResearchNotesRequest(account_id=of))
    needs = [one.need for one in fit.cells]
    return sorted(spends), decisions, needs, len(plans.account_plans), len(notes.research_notes)


async def test_wallets_plans_research_and_decisions_follow_and_come_back_as_they_were(leads, company):
    category = wallets_pb2.SetSpendCategoryRequest(code="SERVERS", label="服务器", active=True, product_codes=["S1"])
    await leads(company.boss, "SetSpendCategory", category)
    duplicate, theirs = await with_everything(leads, company, "甲云科技", "100.00", RUN)
    survivor, ours = await with_everything(leads, company, "乙山科技", "400.00", KEEP)
    await leads(company.rep, "RecordSpend", spend(duplicate, "50.00", "2025"))
    await signed(leads, company, duplicate, "2026-03-01", ("S1", "60"))
    before = await everything(leads, company)
    merged = await merge(leads, company.rep, duplicate, survivor)
    moved = {one.kind: one.rows for one in merged.moved}
    assert moved == {
        "contracts": 1,
        "contractLines": 1,
        "spends": 2,
        "accountPlans": 1,
        "planActions": 1,
        "researchNotes": 1,
        "fitCells": 1,
        "selections": 1,
    }
    one_customer = [("2025", "50.00", "0.00"), ("2026", "400.00", "60.00")], [KEEP], ["乙山科技的需求"], 2, 2
    assert await shown(leads, company, survivor) == one_customer
    listed = await leads(company.rep, "ListSpends", wallets_pb2.ListSpendsRequest(account_id=survivor, period="2026"))
    assert sorted((one.amount.amount, one.current) for one in listed.spends) == [("100.00", False), ("400.00", True)]
    asked = strategic_pb2.GetStrategicFiguresRequest(start_date="2026-01-01", end_date="2026-12-31")
    figures = await leads(company.boss, "GetStrategicFigures", asked)
    assert (figures.kept, figures.run, figures.undecided, figures.revenue.amount) == (1, 0, 0, "60.00")
    await _nothing_more_is_kept_of(leads, company, duplicate)
    assert await refusal(leads(company.rep, "CreateAccountPlan", plan(survivor))) == "PLAN_OPEN"
    await undo(leads, company.rep, merged)
    assert await everything(leads, company) == before
    merged = await merge(leads, company.rep, duplicate, survivor)
    await leads(company.rep, "RecordSpend", spend(survivor, "500.00"))
    await leads(company.manager, "DecideSelection", decision(survivor, RUN))
    assert (await judge(leads, company.rep, survivor, ("S1", "新需求", 5, 3))).revision == 2
    closed = plans_pb2.CloseAccountPlanRequest(id=theirs, reason="合并")
    await leads(company.rep, "AddPlanAction", action(theirs))
    await leads(company.manager, "CloseAccountPlan", closed)
    await undo(leads, company.rep, merged)
    two = [("2025", "50.00", "0.00"), ("2026", "100.00", "60.00")], [RUN], ["甲云科技的需求"], 1, 1
    assert await shown(leads, company, duplicate) == two
    assert await shown(leads, company, survivor) == ([("2026", "500.00", "0.00")], [RUN], ["新需求"], 1, 1)
    for of, actions in ((theirs, 2), (ours, 1)):
        found = await leads(company.rep, "ListPlanActions", actions_pb2.ListPlanActionsRequest(account_plan_id=of))
        assert len({one.account_id for one in found.plan_actions}) == 1
        assert len(found.plan_actions) == actions
    unjudged = (await account(leads, company.rep, "丙江科技")).id
    await merge(leads, company.rep, duplicate, unjudged)
    assert await shown(leads, company, unjudged) == two


async def test_a_person_who_is_erased_is_named_no_more_by_either_of_their_merged_accounts(leads, company):
    category = wallets_pb2.SetSpendCategoryRequest(code="SERVERS", label="服务器", active=True)
    await leads(company.boss, "SetSpendCategory", category)
    duplicate = (await account(leads, company.rep, "甲云科技")).id
    survivor = (await account(leads, company.rep, "乙山科技")).id
    told = await contact(leads, company.rep, duplicate, "王芳")
    await leads(company.rep, "RecordSpend", spend(duplicate, "100.00"))
    await leads(company.rep, "RecordSpend", spend(survivor, "100.00"))
    await merge(leads, company.rep, duplicate, survivor)
    traces = data.PersonTraces(person_ids=[told.person_id])
    admin = person("ADMIN", company.boss.tenant_id)
    await leads(admin, "ErasePerson", persons_pb2.ErasePersonRequest(id=str(new_id()), traces=traces))
    listed = await leads(company.rep, "ListSpends", wallets_pb2.ListSpendsRequest(account_id=survivor))
    assert len(listed.spends) == 2
    assert not any("王芳" in one.source for one in listed.spends)


async def _nothing_more_is_kept_of(leads, company, duplicate):
    for method, added in (
        *(("RecordSpend", spend(duplicate, "1.00")), ("AddResearchNote", note(duplicate))),
        *(("CreateAccountPlan", plan(duplicate)), ("DecideSelection", decision(duplicate, KEEP))),
    ):
        assert await refusal(leads(company.manager, method, added)) == "ACCOUNT_MERGED"
    assert await refusal(judge(leads, company.rep, duplicate, ("S1", "新需求", 1, 1))) == "ACCOUNT_MERGED"
