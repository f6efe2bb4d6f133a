"""What recurs falls on working days of the calendar, in its zone, and once however long nobody looked."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.recurrences.domain import DAYS, Every, NoSuchDayOfPeriod, Recurrence
from services.leads.working_calendar.domain import WorkingCalendar

CALENDAR, ZONE = WorkingCalendar(), ZoneInfo("Asia/Shanghai")
FIRST = datetime(2025, 3, 1, tzinfo=UTC)
instants = st.integers(0, 600 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))
recurrences = st.sampled_from(Every).flatmap(
    lambda every: st.builds(
        Recurrence,
        st.just(every),
        st.sampled_from(list(DAYS[every])),
        st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
    )
)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@given(recurrences, instants)
def test_the_latest_is_past_on_a_working_day_at_its_time_and_stays_the_latest_until_the_next(recurrence, now):
    last = recurrence.latest(now, CALENDAR)
    local = last.astimezone(ZONE)
    assert last <= now
    assert CALENDAR.works_on(local.date())
    assert f"{local:%H:%M}" == recurrence.at
    assert recurrence.latest(last, CALENDAR) == last
    latest, before = recurrence.latest_two(now, CALENDAR)
    assert latest == last
    assert recurrence.latest(last - timedelta(microseconds=1), CALENDAR) == before < last


@pytest.mark.parametrize(
    ("recurrence", "now", "last"),
    [
        (Recurrence(Every.WEEK, 1, "09:00"), "2026-03-04T10:00", "2026-03-02T09:00"),
        (Recurrence(Every.WEEK, 1, "09:00"), "2026-03-02T08:59", "2026-02-24T09:00"),  # Monday was spring festival
        (Recurrence(Every.DAY, 0, "18:00"), "2026-03-08T12:00", "2026-03-06T18:00"),  # over the weekend
        (Recurrence(Every.MONTH, 31, "09:00"), "2026-03-10T12:00", "2026-02-28T09:00"),  # a make-up Saturday
        (Recurrence(Every.MONTH, 1, "09:00"), "2026-03-01T12:00", "2026-02-02T09:00"),  # 1 March is a Sunday
        (Recurrence(Every.MONTH, 1, "09:00"), "2026-03-02T09:00", "2026-03-02T09:00"),
    ],
)
def test_what_falls_on_a_free_day_falls_on_the_next_working_day(recurrence, now, last):
    assert recurrence.latest(at(now), CALENDAR) == at(last)


@pytest.mark.parametrize(("every", "day"), [(Every.DAY, 1), (Every.WEEK, 0), (Every.WEEK, 8), (Every.MONTH, 0)])
def test_a_day_that_the_period_does_not_have_is_refused(every, day):
    with pytest.raises(NoSuchDayOfPeriod):
        Recurrence(every, day).check()
