"""Up to how much in a day is usual for somebody."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.exports.domain import DAYS, FLOOR, Kind, usual

days = st.lists(st.integers(0, 50_000), max_size=DAYS)


@pytest.mark.parametrize("kind", Kind)
@given(past=days)
def test_it_is_the_mean_and_three_deviations_of_the_days_before_and_never_below_the_floor(kind, past):
    whole = past + [0] * (DAYS - len(past))
    limit = statistics.mean(whole) + 3 * statistics.pstdev(whole)
    assert FLOOR[kind] <= usual(kind, past) <= max(FLOOR[kind], limit) + 1e-6
    assert usual(kind, past) > limit - 1.000001


def test_whoever_does_the_same_every_day_is_usual_only_up_to_that():
    assert usual(Kind.EXPORTED_ROWS, [5000] * DAYS) == 5000


def test_whoever_has_done_nothing_yet_has_the_floor():
    assert usual(Kind.REVEALS, []) == FLOOR[Kind.REVEALS]
