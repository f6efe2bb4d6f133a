"""Strategic accounts over gRPC on real PostgreSQL: research, fit, scores, decisions and where revenue comes from."""

import pytest
from dealtrail.leads.v1 import account_research_pb2 as research_pb2
from dealtrail.leads.v1 import accounts_pb2, notices_pb2, relation_levels_pb2
from dealtrail.leads.v1 import strategic_accounts_pb2 as pb

from services.kit.ids import new_id
from services.kit.testing import Refusal
from services.leads.strategic_accounts import operations
from tests.integration.leads.signing import ourselves, signed

KEEP, RUN, DROP = pb.Selection.KEEP, pb.Selection.RUN, pb.Selection.DROP
Criterion = pb.WeightedCriterion


@pytest.fixture
def account(leads, company):
    """`await account(who)`: a customer of theirs."""

    async def make(who=company.rep):
        asked = accounts_pb2.CreateAccountRequest(name=f"客户 {new_id()}")
        return (await leads(who, "CreateAccount", asked)).id

    return make


@pytest.fixture
def decided(leads, company):
    """`await decided(account, decision)`: the manager's decision."""

    async def decide(account, decision, **more):
        given = {"reason": "按关系模型评审", "review_date": "2099-01-01"} | more
        asked = pb.DecideSelectionRequest(account_id=account, decision=decision, **given)
        return await leads(company.manager, "DecideSelection", asked)

    return decide


def cells(*judged):
    return [
        research_pb2.FitCell(product_code=product, need=need, importance=importance, fit=fit)
        for product, need, importance, fit in judged
    ]


async def judge(leads, who, account, *judged):
    return await leads(who, "JudgeFit", research_pb2.JudgeFitRequest(account_id=account, cells=cells(*judged)))


async def told(leads, who):
    found = await leads(who, "ListNotices", notices_pb2.ListNoticesRequest(page_size=100))
    return [one.kind for one in found.notices]


async def strategic(leads, who):
    asked = pb.ListSelectionsRequest(decision=RUN, order_by="score desc")
    return [one.account_id for one in (await leads(who, "ListSelections", asked)).selections]


async def test_research_is_kept_with_its_sources_and_seen_with_the_account(leads, company, account):
    mine = await account()

    def note(kind, **more):
        given = {"text": "三年内出海", "source": "年报", "source_date": "2026-01-05"} | more
        return research_pb2.AddResearchNoteRequest(account_id=mine, kind=kind, **given)

    await leads(company.rep, "AddResearchNote", note(research_pb2.ResearchNote.STRATEGY))
    await leads(company.rep, "AddResearchNote", note(research_pb2.ResearchNote.MARKET))
    listed = research_pb2.ListResearchNotesRequest(account_id=mine, kind=research_pb2.ResearchNote.STRATEGY)
    (found,) = (await leads(company.manager, "ListResearchNotes", listed)).research_notes
    assert (found.text, found.source) == ("三年内出海", "年报")
    with pytest.raises(Refusal, match="SOURCE_IN_FUTURE"):
        await leads(company.rep, "AddResearchNote", note(1, source_date="2999-01-01"))
    for method, asked in (("AddResearchNote", note(1)), ("ListResearchNotes", listed)):
        with pytest.raises(Refusal, match="NOT_FOUND"):
            await leads(company.other_rep, method, asked)


async def test_a_fit_is_judged_anew_and_the_former_is_kept(leads, company, account):
    mine = await account()
    nothing = await leads(company.rep, "GetFit", research_pb2.GetFitRequest(account_id=mine))
    assert (nothing.revision, nothing.HasField("score")) == (0, False)
    await judge(leads, company.rep, mine, ("P", "稳定", 5, 1))
    now = await judge(leads, company.manager, mine, ("P", "稳定", 5, 2), ("Q", "省电", 1, 5))
    assert (now.revision, now.score, list(now.gaps)) == (2, 2.5, ["稳定"])
    assert await leads(company.rep, "GetFit", research_pb2.GetFitRequest(account_id=mine)) == now
    first = await leads(company.rep, "GetFit", research_pb2.GetFitRequest(account_id=mine, revision=1))
    assert first.score == 1
    with pytest.raises(Refusal, match="FIT_CELL_TWICE"):
        await judge(leads, company.rep, mine, ("P", "稳定", 5, 2), ("P", "稳定", 4, 2))


async def test_a_decision_keeps_the_score_of_the_model_in_force(leads, company, account, decided):
    mine = await account()
    level = relation_levels_pb2.JudgeRelationRequest(
        account_id=mine, level=3, evidence="请我们参与规划", review_date="2099-01-01"
    )
    await leads(company.rep, "JudgeRelation", level)
    await judge(leads, company.rep, mine, ("P", "稳定", 5, 5))
    first = await decided(mine, KEEP)
    # Half of the points for a level of 3, weight 30, and all of them for the fit, weight 20.
    assert (first.score, first.model_version, first.version) == (70, 0, 1)
    criteria = [Criterion(criterion=Criterion.FIT, weight=1), Criterion(criterion=Criterion.WALL, weight=9)]
    published = await leads(company.boss, "PublishSelectionModel", pb.PublishSelectionModelRequest(criteria=criteria))
    assert published.version == 1
    second = await decided(mine, RUN)
    assert (second.score, second.model_version, second.version) == (100, 1, 2)
    now = await leads(company.rep, "GetSelectionScore", pb.GetSelectionScoreRequest(account_id=mine))
    assert (now.score, round(now.coverage, 6)) == (100, 0.1)
    listed = pb.ListAccountSelectionsRequest(account_id=mine)
    found = (await leads(company.rep, "ListAccountSelections", listed)).selections
    assert [(one.decision, one.score, one.current) for one in found] == [(RUN, 100, True), (KEEP, 70, False)]
    models = (await leads(company.rep, "ListSelectionModels", pb.ListSelectionModelsRequest())).models
    assert [one.version for one in models] == [1, 0]


async def test_who_works_a_dropped_customer_is_told_and_it_leaves_the_strategic_list(leads, company, account, decided):
    mine, other = await account(), await account(company.other_rep)
    await decided(mine, RUN)
    await decided(mine, RUN, reason="复核后仍运营")
    assert await strategic(leads, company.rep) == [mine]
    assert await strategic(leads, company.other_rep) == []
    await decided(mine, DROP)
    assert await strategic(leads, company.boss) == []
    assert await told(leads, company.rep) == ["ACCOUNT_DROPPED", "ACCOUNT_MADE_STRATEGIC"]
    for account_id, reason in ((other, "NOT_FOUND"), (mine, "REVIEW_IN_THE_PAST")):
        with pytest.raises(Refusal, match=reason):
            await decided(account_id, KEEP, review_date="2020-01-01")
    asked = pb.DecideSelectionRequest(account_id=mine, decision=RUN, reason="想要", review_date="2099-01-01")
    with pytest.raises(Refusal, match="PERMISSION_DENIED"):
        await leads(company.rep, "DecideSelection", asked)


async def test_a_review_is_reminded_of_once_when_its_day_has_come(leads, company, account, decided):
    mine, later = await account(), await account()
    async with ourselves(leads, company) as tx:
        today = tx.now.astimezone(operations.ZONE).date().isoformat()
    await decided(mine, RUN, review_date=today)
    await decided(later, RUN)
    for _ in range(2):
        async with ourselves(leads, company) as tx:
            assert not await operations.remind(tx)
    assert (await told(leads, company.manager)).count("SELECTION_REVIEW_DUE") == 1
    assert (await told(leads, company.rep)).count("SELECTION_REVIEW_DUE") == 1


async def test_the_share_of_strategic_accounts_is_of_what_all_in_sight_signed_for(leads, company, account, decided):
    run, kept, undecided, foreign = await account(), await account(), await account(), await account(company.other_rep)
    for decision in (KEEP, RUN):
        await decided(run, decision)
    await decided(kept, KEEP)
    for one, amount in ((run, "300"), (kept, "80"), (undecided, "20"), (foreign, "600")):
        await signed(leads, company, one, "2026-05-01", amount=amount)
    await signed(leads, company, run, "2025-05-01", amount="999")
    asked = pb.GetStrategicFiguresRequest(start_date="2026-01-01", end_date="2026-12-31")
    seen = await leads(company.manager, "GetStrategicFigures", asked)
    assert (seen.run, seen.kept, seen.dropped, seen.undecided) == (1, 1, 0, 1)
    assert (seen.strategic_revenue.amount, seen.revenue.amount, seen.share) == ("300.00", "400.00", 0.75)
    assert (await leads(company.boss, "GetStrategicFigures", asked)).share == 0.3
    nothing = await leads(
        company.other_rep, "GetStrategicFigures", pb.GetStrategicFiguresRequest(end_date="2020-12-31")
    )
    assert (nothing.undecided, nothing.HasField("share")) == (1, False)
    backwards = pb.GetStrategicFiguresRequest(start_date="2026-02-01", end_date="2026-01-01")
    with pytest.raises(Refusal, match="PERIOD_BACKWARDS"):
        await leads(company.boss, "GetStrategicFigures", backwards)
