"""Days and instants in China's one time zone."""

from datetime import UTC, date, datetime

import pytest

from services.contracts import days
from services.kit.errors import Violated

EVENING = datetime(2024, 1, 31, 16, 0, tzinfo=UTC)


def test_a_day_begins_at_midnight_in_china():
    assert days.day_of(EVENING) == date(2024, 2, 1)
    assert days.day_of(EVENING.replace(hour=15, minute=59)) == date(2024, 1, 31)


def test_what_happened_today_happened_now_and_what_happened_before_as_its_day_began():
    assert days.moment(date(2024, 2, 1), EVENING) == EVENING
    assert days.moment(date(2024, 1, 31), EVENING) == datetime(2024, 1, 30, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2024-02-30", "0000-01-01"])
def test_a_day_that_does_not_exist_is_refused(text):
    with pytest.raises(Violated) as refused:
        days.parse(text, "due_date")
    assert refused.value.violations("zh") == [("due_date", "没有这一天")]


@pytest.mark.parametrize("text", ["0001-01-01", "1899-12-31", "9999-01-01", "9999-12-31"])
def test_a_day_from_which_nobody_can_count_on_is_refused(text):
    with pytest.raises(Violated):
        days.parse(text, "as_of")
