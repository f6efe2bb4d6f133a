"""Where customers stand, and how many have moved."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.leads.relation_levels.domain import RelationCount, distribution

LEVELS = st.dictionaries(st.builds(UUID, int=st.integers(0, 20)), st.integers(1, 5))
DAY = date(2026, 3, 1)


@given(LEVELS, LEVELS)
def test_everybody_is_counted_once_and_moves_one_way_at_most(now, then):
    found = distribution(now, then, {}, DAY)
    assert sum(one.accounts for one in found.counts) == len(now)
    assert found.risen + found.fallen <= len(now.keys() & then.keys())
    back = distribution(then, now, {}, DAY)
    assert (back.risen, back.fallen) == (found.fallen, found.risen)


def test_a_review_is_overdue_from_the_day_after():
    one, two, three = (UUID(int=n) for n in range(3))
    reviews = {one: date(2026, 2, 28), two: DAY, three: date(2026, 3, 2)}
    found = distribution({one: 2, two: 2, three: 4}, {one: 1, three: 5}, reviews, DAY)
    assert (found.risen, found.fallen, found.overdue) == (1, 1, 1)
    assert found.counts == [RelationCount(2, 2), RelationCount(4, 1)]
