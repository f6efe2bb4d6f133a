"""What the revenue that a plan expects is worth, and the road of a plan."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.money import Money
from services.leads.account_plans.domain import (
    AccountPlan,
    ExpectedRevenue,
    PlanClosed,
    PlanCurrenciesDiffer,
    PlanIncomplete,
    PlanNotApproved,
    PlanNotDraft,
    RevenueNegative,
    Status,
    YearOutsidePlan,
    YearTwice,
    by_year,
    net_present_value,
)

NOW = datetime(2026, 1, 5, tzinfo=UTC)
NOBODY = UUID(int=0)
AMOUNTS = st.decimals(0, 10**10, places=2)
REVENUES = st.lists(AMOUNTS, max_size=10)
RATES = st.decimals(0, 1, places=4)


def expected(*pairs, currency="CNY"):
    return [ExpectedRevenue(year, Money(Decimal(amount), currency)) for year, amount in pairs]


def plan(**more):
    given = {"expected": expected((2026, 100)), "strategy_fit": "一致", "joint_goals": "共建"} | more
    return AccountPlan(NOBODY, NOBODY, 2026, 3, author_id=NOBODY, create_time=NOW, update_time=NOW, **given)


@given(REVENUES)
def test_without_a_rate_the_value_of_now_is_the_sum(revenues):
    assert net_present_value(revenues, Decimal(0)) == sum(revenues)


@given(REVENUES, RATES)
def test_the_value_of_now_lies_between_nothing_and_the_sum(revenues, rate):
    assert 0 <= net_present_value(revenues, rate) <= sum(revenues)


@given(REVENUES, RATES, RATES)
def test_the_higher_the_rate_the_less_the_same_revenues_are_worth(revenues, one, other):
    low, high = sorted((one, other))
    assert net_present_value(revenues, high) <= net_present_value(revenues, low)


@given(REVENUES, AMOUNTS, RATES)
def test_a_year_later_everything_is_worth_one_rate_less(revenues, first, rate):
    """NPV(R1, R2 …) = (R1 + NPV(R2 …)) / (1 + r), but for the cent to which both are rounded."""
    later = (first + net_present_value(revenues, rate)) / (1 + rate)
    assert abs(net_present_value([first, *revenues], rate) - later) <= Decimal("0.011")


def test_the_value_of_now_is_that_of_the_textbook():
    assert net_present_value(map(Decimal, (100, 100, 100)), Decimal("0.1")) == Decimal("248.69")


@given(st.dictionaries(st.integers(2026, 2028), AMOUNTS), st.dictionaries(st.integers(2024, 2030), AMOUNTS))
def test_each_year_has_what_was_expected_of_it_and_what_came_in_it(hoped, came):
    years = by_year(range(2026, 2029), expected(*hoped.items()), came, "CNY")
    for one in years:
        assert one.expected == Money(hoped.get(one.year, Decimal(0)), "CNY")
        assert one.actual == Money(came.get(one.year, Decimal(0)), "CNY")
        assert (one.attainment is None) == (not hoped.get(one.year))
    assert [one.year for one in years] == [2026, 2027, 2028]


@pytest.mark.parametrize(
    ("given_revenues", "refusal"),
    [
        (expected((2029, 1)), YearOutsidePlan),
        (expected((2026, 1), (2026, 2)), YearTwice),
        (expected((2026, 1)) + expected((2027, 1), currency="USD"), PlanCurrenciesDiffer),
        (expected((2026, -1)), RevenueNegative),
    ],
)
def test_what_makes_no_sense_is_refused(given_revenues, refusal):
    with pytest.raises(refusal):
        plan(expected=given_revenues).must_make_sense()


@pytest.mark.parametrize("lack", [{"strategy_fit": ""}, {"joint_goals": ""}, {"expected": []}])
def test_what_lacks_something_is_not_approved(lack):
    with pytest.raises(PlanIncomplete):
        plan(**lack).approve(ours=True, theirs=True)


@pytest.mark.parametrize(("ours", "theirs"), [(True, False), (False, True)])
def test_both_sides_have_something_to_do_in_what_is_approved(ours, theirs):
    with pytest.raises(PlanIncomplete):
        plan().approve(ours=ours, theirs=theirs)


def test_a_plan_goes_from_draft_to_approved_and_back_and_ends_closed():
    one = plan()
    with pytest.raises(PlanNotApproved):
        one.revise()
    one.approve(ours=True, theirs=True)
    for refused in (lambda: one.change(years=2), lambda: one.approve(ours=True, theirs=True)):
        with pytest.raises(PlanNotDraft):
            refused()
    one.revise()
    one.change(years=2)
    one.approve(ours=True, theirs=True)
    one.close("目标达成")
    assert (one.status, one.approvals) == (Status.CLOSED, 2)
    with pytest.raises(PlanClosed):
        one.close("再次")
