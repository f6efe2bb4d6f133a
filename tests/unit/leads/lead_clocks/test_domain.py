"""When a lead's clock starts, what stops it, and what falls due, in working time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.lead_clocks.domain import Due, LeadClock, Standing
from services.leads.sla_policies.domain import Policies, SlaPolicy
from services.leads.working_calendar.domain import WorkingCalendar

CALENDAR = WorkingCalendar()
FRIDAY = datetime(2026, 3, 6, 9, 30, tzinfo=UTC)
"""Half past five in the afternoon in Shanghai, half an hour before the week ends."""
REP, MANAGER, TEAM = UUID(int=1), UUID(int=2), UUID(int=3)
WEB = SlaPolicy("WEB", 1, None, "官网", 60, 30, 2, MANAGER, TEAM, reassign=True, active=True)
ALL = replace(WEB, code="ALL", priority=9, channel="", response_minutes=480)
POLICIES = Policies([ALL, WEB])
NEW = Standing(UUID(int=9), 1, REP, TEAM, "官网", True, FRIDAY, FRIDAY, FRIDAY)
SUNDAY, MONDAY = FRIDAY + timedelta(days=2), datetime(2026, 3, 9, 1, tzinfo=UTC)


def clock(*told):
    found = LeadClock(UUID(int=8), UUID(int=9), FRIDAY, FRIDAY)
    for one in told:
        if isinstance(one, Standing):
            found.follow(one, POLICIES, CALENDAR)
        else:
            found.touch(one, CALENDAR)
    return found


def test_an_hour_of_working_time_on_friday_evening_ends_on_monday_morning():
    started = clock(NEW)
    assert (started.policy, started.respond_by) == ("WEB", MONDAY + timedelta(minutes=30))
    assert started.escalate_by == MONDAY + timedelta(minutes=60)
    assert started.dispose_by == datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
    assert started.due_time == started.respond_by


def test_what_falls_due_is_told_once_and_in_its_order():
    waiting = clock(NEW)
    assert waiting.pass_due(SUNDAY) == []
    assert waiting.pass_due(waiting.respond_by) == [Due.RESPONSE]
    assert waiting.pass_due(waiting.respond_by) == []
    assert waiting.pass_due(MONDAY + timedelta(days=3)) == [Due.ESCALATION, Due.DISPOSITION]
    assert waiting.due_time is None


def test_a_touch_ends_the_wait_for_an_answer_but_not_that_for_a_decision():
    answered = clock(NEW, MONDAY + timedelta(minutes=10))
    assert answered.response_working_s == 40 * 60
    assert answered.pass_due(MONDAY + timedelta(hours=3)) == []
    assert answered.due_time == answered.dispose_by


def test_a_decided_lead_waits_for_nothing_until_it_is_taken_up_again():
    decided = replace(NEW, version=2, undecided=False, at=SUNDAY, told=SUNDAY)
    stopped = clock(NEW, decided)
    assert (stopped.disposed_time, stopped.due_time) == (SUNDAY, None)
    again = clock(NEW, decided, replace(NEW, version=3, told=MONDAY))
    assert again.disposed_time is None
    assert again.dispose_by == CALENDAR.days_after(MONDAY, 2)


def test_whoever_is_handed_the_lead_has_the_whole_time_for_a_decision_and_it_stays_silent_until_decided():
    late = clock(NEW)
    late.pass_due(FRIDAY + timedelta(days=9))
    late.follow(replace(NEW, version=2, owner_id=MANAGER, told=FRIDAY + timedelta(days=10)), POLICIES, CALENDAR)
    assert late.silent_time is not None
    assert late.due_time == late.dispose_by > FRIDAY + timedelta(days=10)
    late.follow(replace(NEW, version=3, undecided=False), POLICIES, CALENDAR)
    assert late.silent_time is None


@pytest.mark.parametrize(("channel", "code"), [("官网", "WEB"), ("展会", "ALL")])
def test_the_first_policy_that_matches_starts_the_clock(channel, code):
    assert clock(replace(NEW, channel=channel)).policy == code


def test_without_a_policy_a_lead_has_no_limit_and_its_wait_is_measured():
    free = LeadClock(UUID(int=8), UUID(int=9), FRIDAY, FRIDAY)
    free.follow(NEW, Policies([]), CALENDAR)
    free.touch(MONDAY, CALENDAR)
    assert (free.due_time, free.response_working_s) == (None, 30 * 60)


TOLD = [
    NEW,
    replace(NEW, version=2, owner_id=MANAGER, told=SUNDAY),
    replace(NEW, version=3, owner_id=MANAGER, undecided=False, at=MONDAY, told=MONDAY),
    MONDAY + timedelta(hours=1),
    MONDAY + timedelta(hours=2),
]


@given(st.permutations([*TOLD, *TOLD[:2]]))
def test_how_long_a_lead_waited_does_not_depend_on_the_order_or_repetition_of_telling(told):
    found = clock(*told)
    assert (found.held_by, found.disposed_time, found.due_time) == (MANAGER, MONDAY, None)
    assert (found.start_time, found.first_touch_time) == (FRIDAY, MONDAY + timedelta(hours=1))
    assert found.response_working_s == 90 * 60
