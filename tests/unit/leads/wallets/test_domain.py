"""Our share of what customers spend, and the periods that it is of."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.money import Money
from services.leads.wallets.domain import Period, Wallet, share, whole

AMOUNTS = st.decimals(0, 10**9, places=2)
NOBODY = UUID(int=0)
PERIODS = st.builds(
    lambda year, quarter: f"{year}Q{quarter}" if quarter else str(year), st.integers(1901, 2099), st.integers(0, 4)
)


def wallet(category, spend, sales):
    money = [None if one is None else Money(one, "CNY") for one in (spend, sales)]
    return Wallet(NOBODY, category, "2026", spend=money[0], sales=money[1])


def of(pairs):
    wallets = [wallet(f"C{number}", *pair) for number, pair in enumerate(pairs)]
    return whole(NOBODY, "2026", wallets, "CNY", Decimal(0))


@given(AMOUNTS, AMOUNTS)
def test_a_share_is_none_of_nothing_and_else_what_was_sold_of_what_is_spent(sales, spend):
    found = share(sales, spend)
    if found is None:
        assert not spend
        return
    assert abs(Decimal(found) * spend - sales) <= spend * Decimal("0.000001")
    assert (found > 1) == (sales / spend >= Decimal("1.0000005"))


@given(AMOUNTS, st.decimals("0.01", 10**9, places=2))
def test_our_share_and_that_of_others_sum_to_one(sales, spend):
    sold = min(sales, spend)
    shares = [share(one, spend) or 0 for one in (sold, spend - sold)]
    assert sum(shares) == pytest.approx(1, abs=2e-6)


@given(st.lists(st.tuples(st.decimals("0.01", 10**6, places=2), AMOUNTS), min_size=1, max_size=12))
def test_the_share_of_all_lies_between_the_least_and_the_largest_of_them(pairs):
    found = of(pairs)
    shares = [float(share(sales, spend) or 0) for spend, sales in pairs]
    assert min(shares) - 1e-5 <= (found.share or 0) <= max(shares) + 1e-5
    assert found.spend.amount == sum(spend for spend, _ in pairs)


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=8), st.lists(AMOUNTS, max_size=4))
def test_what_is_not_known_changes_nothing(pairs, sold):
    assert of([*pairs, *((None, one) for one in sold)]).share == of(pairs).share


def test_more_than_is_spent_is_shown_as_it_is():
    assert share(Decimal(150), Decimal(100)) == 1.5


@given(PERIODS)
def test_a_period_begins_where_the_one_before_ends(code):
    period = Period.named(code)
    before = Period.named(period.before)
    assert before.end + timedelta(days=1) == period.start
    assert len(before.code) == len(code)
    days = (period.end - period.start).days + 1
    assert days in ((90, 91, 92) if "Q" in code else (365, 366))


@pytest.mark.parametrize(
    ("code", "start", "end", "before"),
    [
        ("2026", "2026-01-01", "2026-12-31", "2025"),
        ("2026Q1", "2026-01-01", "2026-03-31", "2025Q4"),
        ("2026Q4", "2026-10-01", "2026-12-31", "2026Q3"),
    ],
)
def test_years_and_quarters_are_those_of_the_calendar(code, start, end, before):
    period = Period.named(code)
    assert (period.start.isoformat(), period.end.isoformat(), period.before) == (start, end, before)
