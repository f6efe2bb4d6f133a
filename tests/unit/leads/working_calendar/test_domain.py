"""Working time: Chinese holidays and make-up days, the tenant's own days, and the laws of counting."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.working_calendar.domain import (
    ANNOUNCED_UNTIL,
    CalendarDay,
    HoursOverlap,
    NoWorkingTime,
    Span,
    UnknownZone,
    WorkingCalendar,
)
from services.leads.working_calendar.operations import warn_where_announcement_ends

SHANGHAI = ZoneInfo("Asia/Shanghai")
PLAIN = WorkingCalendar()
HOUR = timedelta(hours=1)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_national_day_is_free_and_its_make_up_saturday_is_worked():
    assert not PLAIN.works_on(date(2026, 10, 1))
    assert date(2026, 10, 10).isoweekday() == 6
    assert PLAIN.works_on(date(2026, 10, 10))
    assert not PLAIN.works_on(date(2026, 11, 21))


def test_the_word_of_the_tenant_stands_above_the_state_and_the_state_above_the_week():
    own = WorkingCalendar(days=[CalendarDay(date(2026, 10, 1), True), CalendarDay(date(2026, 10, 12), False, "厂庆")])
    assert own.works_on(date(2026, 10, 1))
    assert not own.works_on(date(2026, 10, 12))
    assert WorkingCalendar(statutory_holidays=False).works_on(date(2026, 10, 1))


def test_after_the_last_announced_year_the_week_decides():
    assert not PLAIN.works_on(date(2031, 10, 4))
    assert PLAIN.works_on(date(2031, 10, 1))
    new_year = ANNOUNCED_UNTIL + timedelta(days=1)
    assert PLAIN.works_on(new_year) == (new_year.isoweekday() in PLAIN.weekdays)


@pytest.mark.parametrize(("left", "warned"), [(40, 0), (30, 1), (-1, 1), (-400, 1)])
def test_the_operator_is_warned_a_month_before_the_announced_holidays_end_and_ever_after(caplog, left, warned):
    warn_where_announcement_ends(ANNOUNCED_UNTIL - timedelta(days=left))
    assert [one.announced_until for one in caplog.records] == [ANNOUNCED_UNTIL] * warned


def test_lunch_is_no_working_time():
    assert PLAIN.works_at(at("2026-11-20T11:59"))
    assert not PLAIN.works_at(at("2026-11-20T12:00"))
    assert PLAIN.between(at("2026-11-20T11:00"), at("2026-11-20T14:00")) == 2 * HOUR


def test_four_working_hours_from_friday_afternoon_end_on_monday():
    assert PLAIN.after(at("2026-11-20T16:30"), 4 * HOUR) == at("2026-11-23T11:30")


def test_ten_working_days_before_the_holiday_skip_it_and_count_the_make_up_days():
    assert PLAIN.days_after(at("2026-09-29T10:00"), 3) == at("2026-10-09T10:00")


def test_whoever_never_works_gets_a_refusal_and_not_an_endless_search():
    never = WorkingCalendar(weekdays=[], statutory_holidays=False)
    with pytest.raises(NoWorkingTime):
        never.after(at("2026-11-20T16:30"), HOUR)
    with pytest.raises(NoWorkingTime):
        never.days_after(at("2026-11-20T16:30"), 1)


@pytest.mark.parametrize("zone", ["Asia/Atlantis", "", "../etc/passwd", "a\0"])
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(UnknownZone):
        WorkingCalendar(zone=zone).check()


@pytest.mark.parametrize(
    "hours", [[("09:00", "09:00")], [("13:00", "18:00"), ("09:00", "12:00")], [("09:00", "08:00")]]
)
def test_hours_that_overlap_or_run_backwards_are_refused(hours):
    with pytest.raises(HoursOverlap):
        WorkingCalendar(hours=[Span(*one) for one in hours]).check()


# Berlin changes its clocks, Shanghai does not; the third works through midnight on all days but one.
CALENDARS = [
    PLAIN,
    WorkingCalendar(zone="Europe/Berlin", hours=[Span("00:00", "24:00")], statutory_holidays=False),
    WorkingCalendar(hours=[Span("00:00", "02:30"), Span("22:00", "24:00")], weekdays=[1, 2, 3, 4, 5, 6]),
    WorkingCalendar(days=[CalendarDay(date(2026, 11, day), False) for day in range(2, 12)]),
]
calendars = st.sampled_from(CALENDARS)
SEASON = datetime(2026, 9, 20, tzinfo=UTC)
instants = st.timedeltas(timedelta(), timedelta(days=70)).map(lambda since: SEASON + since)
spans = st.timedeltas(timedelta(), timedelta(hours=60))
counts = st.integers(0, 25)


@given(calendars, instants, instants, instants)
def test_working_time_adds_up_and_is_never_more_than_time(calendar, one, two, three):
    a, b, c = sorted((one, two, three))
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)
    assert timedelta() <= calendar.between(a, b) <= b - a
    assert calendar.between(b, a) == timedelta()


@given(calendars, instants, spans)
def test_what_is_added_is_what_lies_between_and_the_instant_is_the_first_such(calendar, start, working):
    end = calendar.after(start, working)
    assert calendar.between(start, end) == working
    if end > start:
        assert calendar.between(start, end - timedelta(microseconds=1)) < working


@given(calendars, instants, spans, spans)
def test_adding_twice_is_adding_the_sum(calendar, start, one, two):
    assert calendar.after(calendar.after(start, one), two) == calendar.after(start, one + two)


@given(calendars, instants, instants, counts)
def test_a_deadline_in_working_days_has_passed_if_and_only_if_its_start_lies_before_the_cut(
    calendar, start, now, count
):
    assert (calendar.days_after(start, count) <= now) == (start <= calendar.days_before(now, count))


@given(calendars, instants, instants, counts)
def test_who_starts_later_is_due_no_earlier(calendar, one, two, count):
    earlier, later = sorted((one, two))
    assert calendar.days_after(earlier, count) <= calendar.days_after(later, count)


@given(calendars, instants)
def test_working_hours_pass_exactly_while_somebody_works(calendar, instant):
    tick = timedelta(microseconds=1)
    assert calendar.works_at(instant) == (calendar.between(instant, instant + tick) == tick)
