"""What a deal keeps of its past: stages with their time, judgements, forecasts."""

from dealtrail.opportunities.v1 import deals_pb2 as pb
from dealtrail.opportunities.v1.history_pb2 import ForecastChange, StageMove, Triage

from tests.integration.opportunities.asking import create, days, told, yuan


async def test_every_stay_in_a_stage_is_kept_with_its_time_and_reason(deals, company):
    deal = await deals(company.rep, "CreateDeal", create(open_time=days(0)))
    await deals(company.rep, "AdvanceDeal", pb.AdvanceDealRequest(id=deal.id, advance_time=days(3)))
    back = pb.RegressDealRequest(id=deal.id, stage="CONTACT", why="需求不清", regress_time=days(5))
    await deals(company.manager, "RegressDeal", back)
    await deals(company.rep, "LoseDeal", pb.LoseDealRequest(id=deal.id, reason="NO_NEED", close_time=days(6)))
    moves = (await deals(company.rep, "ListStageMoves", pb.ListStageMovesRequest(deal_id=deal.id))).moves
    assert [(move.stage, move.seconds) for move in moves] == [
        ("CONTACT", 3 * 86400),
        ("NEED", 2 * 86400),
        ("CONTACT", 86400),
    ]
    last = moves[2]
    assert (last.kind, last.from_stage, last.why) == (StageMove.REGRESSED, "NEED", "需求不清")
    assert (last.moved_by, last.enter_time, last.leave_time) == (str(company.manager.user_id), days(5), days(6))


async def test_the_stage_where_a_deal_stands_has_no_end_yet(deals, company):
    deal = await deals(company.rep, "CreateDeal", create(open_time=days(0)))
    (move,) = (await deals(company.rep, "ListStageMoves", pb.ListStageMovesRequest(deal_id=deal.id))).moves
    assert (move.kind, move.HasField("leave_time")) == (StageMove.OPENED, False)
    assert move.seconds > 3000 * 86400


async def test_every_judgement_is_kept_and_the_last_one_stands(deals, company):
    deal = await deals(company.rep, "CreateDeal", create())
    await deals(company.rep, "TriageDeal", pb.TriageDealRequest(id=deal.id, value=Triage.UNCERTAIN, why="初访"))
    judged = pb.TriageDealRequest(id=deal.id, grade=Triage.BIG, amount=yuan("500000"), quantity=20, why="预算已批")
    deal = await deals(company.manager, "TriageDeal", judged)
    assert (deal.triage.value, deal.triage.grade, deal.triage.why) == (Triage.UNCERTAIN, Triage.BIG, "预算已批")
    assert (deal.amount.amount, deal.quantity) == ("500000.00", 20)
    kept = (await deals(company.rep, "ListTriages", pb.ListTriagesRequest(deal_id=deal.id))).triages
    assert [triage.why for triage in kept] == ["初访", "预算已批"]
    assert kept[1] == deal.triage == (await deals(company.rep, "GetDeal", pb.GetDealRequest(id=deal.id))).triage
    assert kept[1].judged_by == str(company.manager.user_id)


async def test_a_judgement_tells_what_was_judged_before_and_what_is_expected_now(deals, company):
    deal = await deals(company.rep, "CreateDeal", create())
    await deals(company.rep, "TriageDeal", pb.TriageDealRequest(id=deal.id, value=Triage.VALUABLE))
    await deals(company.rep, "TriageDeal", pb.TriageDealRequest(id=deal.id, value=Triage.WORTHLESS, quantity=0))
    again = pb.TriageDealRequest(id=deal.id, amount=yuan("9"), judge_time=None)
    await deals(company.rep, "TriageDeal", again)
    events = [event for _, event in await told(deals)]
    assert [type(event).__name__ for event in events[1:]] == ["DealTriaged"] * 3 + ["DealForecastChanged"]
    assert not events[1].HasField("from_triage")
    assert (events[2].from_triage.value, events[2].deal.triage.value) == (Triage.VALUABLE, Triage.WORTHLESS)
    assert (events[4].change.cause, events[4].change.to_amount) == (ForecastChange.TRIAGE, yuan("9.00"))
    assert events[4].deal == events[3].deal


async def test_every_change_of_a_forecast_is_kept_and_leads_to_what_is_expected(deals, company):
    deal = await deals(company.rep, "CreateDeal", create(amount=yuan("100"), expected_sign_date="2026-06-30"))
    later = pb.ForecastDealRequest(id=deal.id, expected_sign_date="2026-09-30", why="客户推迟")
    await deals(company.rep, "ForecastDeal", later)
    await deals(company.rep, "ForecastDeal", pb.ForecastDealRequest(id=deal.id, amount=yuan("80"), quantity=4))
    await deals(company.rep, "ForecastDeal", pb.ForecastDealRequest(id=deal.id, expected_sign_date=""))
    won = await deals(company.rep, "WinDeal", pb.WinDealRequest(id=deal.id, amount=yuan("75")))
    listed = await deals(company.rep, "ListForecastChanges", pb.ListForecastChangesRequest(deal_id=deal.id))
    opening, push, less, unknown, win = listed.changes
    assert (opening.cause, opening.to_amount.amount) == (ForecastChange.OPENING, "100.00")
    assert (push.from_expected_sign_date, push.to_expected_sign_date, push.why) == (
        "2026-06-30",
        "2026-09-30",
        "客户推迟",
    )
    assert (less.from_amount.amount, less.to_amount.amount, less.to_quantity) == ("100.00", "80.00", 4)
    assert (unknown.from_expected_sign_date, unknown.to_expected_sign_date) == ("2026-09-30", "")
    assert (win.cause, win.to_amount, win.version) == (ForecastChange.WIN, won.amount, won.version)


async def test_a_forecast_of_what_is_expected_already_changes_nothing(deals, company):
    deal = await deals(company.rep, "CreateDeal", create(amount=yuan("100")))
    same = await deals(company.rep, "ForecastDeal", pb.ForecastDealRequest(id=deal.id, amount=yuan("100.00")))
    assert same == deal
    assert len(await told(deals)) == 1
