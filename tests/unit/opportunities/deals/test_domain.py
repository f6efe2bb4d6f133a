"""What a deal allows and refuses."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from services.kit.money import Money
from services.opportunities.deals.domain import (
    Deal,
    DealNotOpen,
    NothingJudged,
    StageNotEarlier,
    StageNotLater,
    State,
    TimeOutOfOrder,
)
from services.opportunities.history.domain import Cause, Deed, Forecast, Grade, Kind, Value
from services.opportunities.processes.domain import B2B, NoNextStage, UnknownStage

ME, START = uuid4(), datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def yuan(amount):
    return Money(Decimal(amount), "CNY")


def deal(**fields):
    given: dict[str, Any] = dict.fromkeys(("stage_since", "open_time", "create_time", "update_time"), START)
    given |= {"id": uuid4(), "name": "年度框架采购", "owner_id": ME, "team_id": None}
    given |= {"process": "B2B", "process_version": 1, "stage": "CONTACT"}
    return Deal(**(given | fields))


def after(days, why=""):
    return Deed(ME, START + days * DAY, why)


def test_a_deal_advances_to_the_next_stage_or_to_a_later_one():
    one = deal()
    move = one.advance(B2B, "", after(1))
    assert (one.stage, one.stage_since) == ("NEED", START + DAY)
    assert (move.kind, move.from_stage, move.stage, move.version) == (Kind.ADVANCED, "CONTACT", "NEED", 2)
    one.advance(B2B, "NEGOTIATION", after(2))
    assert one.stage == "NEGOTIATION"


@pytest.mark.parametrize("stage", ["CONTACT", "NEED"])
def test_a_deal_does_not_advance_to_where_it_stands_or_stood(stage):
    one = deal(stage="NEED")
    with pytest.raises(StageNotLater):
        one.advance(B2B, stage, after(1))
    assert one.stage == "NEED"


def test_a_deal_in_the_last_stage_cannot_advance():
    with pytest.raises(NoNextStage):
        deal(stage="SIGNING").advance(B2B, "", after(1))


def test_a_deal_goes_back_to_an_earlier_stage_with_the_reason_kept():
    one = deal(stage="SOLUTION")
    move = one.regress(B2B, "NEED", after(3, "客户换了负责人"))
    assert (one.stage, move.kind, move.why) == ("NEED", Kind.REGRESSED, "客户换了负责人")
    with pytest.raises(StageNotEarlier):
        one.regress(B2B, "NEED", after(4, "再来"))


def test_a_stage_of_another_process_is_refused():
    for move in (deal().advance, deal().regress):
        with pytest.raises(UnknownStage):
            move(B2B, "ENGAGING", after(1))


def test_nothing_happens_before_what_it_followed():
    one = deal()
    one.advance(B2B, "", after(5))
    for act in (
        lambda: one.advance(B2B, "", after(4)),
        lambda: one.regress(B2B, "CONTACT", after(4, "早")),
        lambda: one.win(None, after(4)),
        lambda: one.lose("PRICE", after(4)),
        lambda: one.expect(Forecast(yuan("5")), after(-1)),
        lambda: one.judge(Value.VALUABLE, None, None, None, after(-1)),
    ):
        with pytest.raises(TimeOutOfOrder):
            act()
    assert (one.stage, one.state, one.amount, one.triage) == ("NEED", State.OPEN, None, None)


@pytest.mark.parametrize("end", [lambda one: one.win(None, after(1)), lambda one: one.lose("PRICE", after(1))])
def test_a_closed_deal_can_no_longer_be_changed(end):
    one = deal()
    end(one)
    for act in (
        lambda: one.advance(B2B, "", after(2)),
        lambda: one.regress(B2B, "CONTACT", after(2)),
        lambda: one.win(yuan("1"), after(2)),
        lambda: one.lose("PRICE", after(2)),
        lambda: one.judge(Value.VALUABLE, None, None, None, after(2)),
        lambda: one.expect(Forecast(yuan("5")), after(2)),
        lambda: one.assign(uuid4(), None),
    ):
        with pytest.raises(DealNotOpen):
            act()


def test_a_deal_is_won_for_what_was_expected_unless_said_otherwise():
    expected, other = deal(amount=yuan("100")), deal(amount=yuan("100"))
    assert expected.win(None, after(1)) is None
    change = other.win(yuan("90"), after(1))
    assert (expected.amount, other.amount) == (yuan("100"), yuan("90"))
    assert (change.cause, change.from_amount, change.to_amount) == (Cause.WIN, yuan("100"), yuan("90"))


def test_a_judgement_keeps_the_measures_that_it_leaves_open():
    one = deal()
    one.judge(Value.VALUABLE, None, None, None, after(1, "预算已批"))
    assert (one.triage.value, one.triage.grade, one.triage.why) == (Value.VALUABLE, None, "预算已批")
    change = one.judge(None, Grade.BIG, yuan("500000"), 20, after(2))
    assert (one.triage.value, one.triage.grade) == (Value.VALUABLE, Grade.BIG)
    assert (one.triage.amount, one.triage.quantity) == (yuan("500000"), 20)
    assert (one.amount, one.quantity, change.cause) == (yuan("500000"), 20, Cause.TRIAGE)


def test_a_judgement_may_say_that_nothing_will_be_sold():
    one = deal(quantity=5)
    one.judge(None, None, None, 0, after(1))
    assert (one.quantity, one.triage.quantity) == (0, 0)


def test_a_judgement_of_nothing_is_refused():
    with pytest.raises(NothingJudged):
        deal().judge(None, None, None, None, after(1))


def test_a_forecast_says_what_was_and_what_is_expected():
    one = deal(amount=yuan("10"), expected_sign_date=date(2026, 6, 30))
    change = one.expect(Forecast(yuan("10"), 0, date(2026, 9, 30)), after(1, "客户推迟"))
    assert (change.from_expected_sign_date, change.to_expected_sign_date) == (date(2026, 6, 30), date(2026, 9, 30))
    assert one.expect(one.forecast, after(2)) is None


def test_the_owner_is_never_among_those_with_whom_a_deal_is_shared():
    friend, heir = uuid4(), uuid4()
    one = deal()
    one.share([friend, ME, heir])
    assert one.collaborators == [friend, heir]
    one.assign(heir, None)
    assert (one.owner_id, one.collaborators) == (heir, [friend])
