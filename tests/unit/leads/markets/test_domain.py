"""How far a market is saturated."""

from datetime import UTC, date, datetime
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.markets.domain import Advice, MarketSize, SaturationRules
from services.leads.wallets.domain import SourceInFuture


def size(addressable):
    return MarketSize(
        id=UUID(int=1),
        region="华东",
        product="机床",
        period="2026",
        end_date=date(2026, 12, 31),
        addressable=addressable,
        source="行业协会名录",
        source_date=date(2026, 1, 5),
        author_id=UUID(int=2),
        create_time=datetime(2026, 1, 6, tzinfo=UTC),
    )


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 100))
def test_a_market_is_saturated_exactly_from_the_threshold_on(addressable, contacted, percent):
    found = SaturationRules(percent).judge(size(addressable), contacted, 0)
    assert found.saturated == (Fraction(contacted, addressable) >= Fraction(percent, 100))
    assert (found.advice is Advice.GO_ON) == (not found.saturated)
    assert abs(Fraction(found.penetration) - Fraction(contacted, addressable)) <= Fraction(1, 20000)


def test_four_of_five_saturate_a_market_unless_the_tenant_says_otherwise():
    assert SaturationRules().judge(size(5), 4, 1).saturated
    assert not SaturationRules(81).judge(size(5), 4, 1).saturated


def test_a_size_is_of_no_later_than_today():
    size(5).must_make_sense(date(2026, 1, 5))
    with pytest.raises(SourceInFuture):
        size(5).must_make_sense(date(2026, 1, 4))
