"""The growth formula and its decomposition."""

from decimal import Decimal
from math import isclose, log

from hypothesis import given
from hypothesis import strategies as st

from services.analytics.growth.domain import (
    Counted,
    Figures,
    Missing,
    figures,
    leading_currency,
    log_change,
    relative_change,
    sum_by_group,
)

small = st.integers(0, 10_000)
money = st.decimals(0, 10_000_000, places=2)
anything = st.builds(Figures, small, small, small, money, small)
sound = st.builds(
    Figures, st.integers(1, 10_000), st.integers(1, 10_000), small, st.decimals(1, 10_000_000, places=2), st.integers(1)
)


@given(sound, sound)
def test_the_change_of_velocity_is_exactly_the_sum_of_the_changes_of_its_factors(now, then):
    parts = log_change(now, then)
    assert parts is not None
    whole = log(now.velocity) - log(then.velocity)
    assert isclose(parts["velocity"], whole, abs_tol=1e-9)
    assert isclose(sum(value for name, value in parts.items() if name != "velocity"), whole, abs_tol=1e-9)


@given(anything)
def test_velocity_is_missing_for_a_named_reason_or_there(found):
    assert (found.velocity is None) == bool(found.missing)
    assert found.velocity is None or found.velocity > 0


@given(anything, anything)
def test_changes_are_never_infinite(now, then):
    parts = log_change(now, then)
    assert (parts is None) == bool(now.missing or then.missing)
    assert all(abs(value) < 1e12 for value in relative_change(now, then).values())


def test_each_missing_factor_is_named():
    assert Figures().missing == [Missing.NOTHING_OPENED, Missing.NOTHING_CLOSED, Missing.NOTHING_WON]
    assert Figures(opened=1, lost=1).missing == [Missing.NOTHING_WON]
    assert Figures(opened=1, won=1).missing == [Missing.NO_AMOUNT, Missing.NO_CYCLE]
    assert Figures(1, 1, 0, Decimal(1), 1).missing == []


def test_faster_deals_count_as_growth_in_the_logarithms_and_as_fewer_days_beside():
    slow, fast = Figures(10, 5, 5, Decimal(100), 50), Figures(10, 5, 5, Decimal(100), 25)
    parts = log_change(fast, slow)
    assert parts is not None
    assert parts["cycle_days"] == log(2)
    assert relative_change(fast, slow)["cycle_days"] == -0.5


def test_the_currency_of_most_deals_leads_and_deals_without_amount_count_with_it():
    rows = [
        Counted("", "WON", "CNY", 2, Decimal(10), 4),
        Counted("", "WON", "USD", 1, Decimal(99), 9),
        Counted("", "LOST", "", 7, Decimal(0), 0),
    ]
    assert leading_currency(rows) == ("CNY", ["USD"])
    assert leading_currency(rows[2:]) == ("", [])
    found = figures(rows, "CNY")
    assert (found.won, found.lost, found.won_amount, found.cycle_days) == (2, 7, Decimal(10), 2)


def test_groups_add_up_to_the_whole():
    rows = [Counted(group, "WON", "CNY", n, Decimal(n), n) for group, n in (("a", 1), ("b", 2), ("a", 3))]
    groups = sum_by_group(rows, "CNY")
    assert {name: found.won for name, found in groups.items()} == {"a": 4, "b": 2}
    assert sum(found.won for found in groups.values()) == figures(rows, "CNY").won
