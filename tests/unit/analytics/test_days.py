"""Days of the calendar."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.days import DAY, Grain, Period, PeriodBackwards, day_of, parse, period
from services.kit.errors import Violated

days = st.dates(date(1990, 1, 1), date(2050, 12, 31))


@given(days, st.sampled_from(Grain))
def test_every_day_is_in_exactly_one_part_of_each_division(day, grain):
    start = grain.start(day)
    assert start <= day < grain.next(start)
    assert grain.start(start) == start
    assert grain.start(grain.next(start) - DAY) == start


@given(days, days, st.sampled_from(Grain))
def test_the_parts_between_are_whole_and_leave_no_gap(first, end, grain):
    parts = list(grain.between(first, end))
    assert all(part.start > first and part.end <= end for part in parts)
    assert all(one.end == other.start for one, other in pairwise(parts))
    beyond = grain.next(grain.start(first)) if not parts else parts[-1].end
    assert grain.next(beyond) > end


@given(days, st.integers(1, 900))
def test_whole_months_lie_within_a_period_and_leave_less_than_a_month_at_each_end(start, length):
    whole = Period(start, start + length * DAY)
    months = whole.whole_months()
    assert whole.start <= months.start <= months.end <= whole.end
    if months.days:
        assert (months.start.day, months.end.day) == (1, 1)
        assert (months.start - whole.start).days < 31
        assert (whole.end - months.end).days < 31


def test_a_day_begins_at_midnight_in_shanghai():
    assert day_of(datetime(2017, 3, 31, 15, 59, tzinfo=UTC)) == date(2017, 3, 31)
    assert day_of(datetime(2017, 3, 31, 16, 0, tzinfo=UTC)) == date(2017, 4, 1)


def test_a_day_that_is_not_in_the_calendar_is_refused_by_the_name_of_its_field():
    with pytest.raises(Violated) as refused:
        parse("2023-02-30", "from", date(2023, 1, 1))
    assert refused.value.violations()[0][0] == "from"


def test_a_period_without_days_is_refused():
    with pytest.raises(PeriodBackwards):
        period(date(2023, 1, 2), date(2023, 1, 2))


@pytest.mark.parametrize("text", ["0001-01-01", "1899-12-31", "9999-01-01", "9999-12-31"])
def test_a_day_from_which_nobody_can_count_on_is_refused(text):
    with pytest.raises(Violated):
        parse(text, "as_of", DAY)


@pytest.mark.parametrize("text", ["1900-01-01", "9998-12-31"])
def test_from_every_day_that_is_taken_there_is_a_way_on(text):
    day = parse(text, "as_of", DAY)
    assert all(grain.start(day) <= day < grain.next(grain.start(day)) for grain in Grain)
