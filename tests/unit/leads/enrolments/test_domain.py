"""A lead follows its plan: whatever happens, each step comes to one end, and nothing falls due on a free day."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import Problem
from services.leads.enrolments.domain import EndReason, Enrolment, Nurturing, State, working_days
from services.leads.enrolments.refusals import (
    EnrolmentEnded,
    EnrolmentNotPaused,
    EnrolmentPaused,
    SkipReasonMissing,
    StepSettled,
)
from services.leads.nurture_plans.domain import STANDARD, Cadence, NurturePlan, Touch
from services.leads.nurture_steps.domain import WAITING, StepState
from services.leads.temperatures.domain import Temperature
from services.leads.working_calendar.domain import WorkingCalendar

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)
CALENDAR = WorkingCalendar(statutory_holidays=False)
ME = UUID(int=1)
PLAN = NurturePlan("P", "p", (Cadence(Temperature.COLD, tuple(Touch(day, "PHONE") for day in (0, 4, 9))),))


def enrolled(plan=STANDARD, temperature=Temperature.COLD, now=MONDAY):
    mine = Enrolment(UUID(int=7), UUID(int=9), 1, plan.code, plan.version, temperature, ME, now, now)
    nurturing = Nurturing(mine)
    nurturing.begin(plan, temperature, now, CALENDAR)
    return nurturing


def days(nurturing):
    return [str(step.due_date)[5:] for step in nurturing.steps]


def states(nurturing):
    return [step.state.value for step in nurturing.steps]


def test_steps_fall_due_so_many_working_days_after_the_cadence_begins():
    assert days(enrolled(PLAN)) == ["03-02", "03-06", "03-13"]
    saturday = MONDAY + timedelta(days=5)
    assert days(enrolled(PLAN, now=saturday)) == ["03-09", "03-13", "03-20"]


def test_a_step_comes_to_a_result_once_and_is_skipped_with_a_reason_only():
    nurturing = enrolled(PLAN)
    first, second, _ = nurturing.steps
    nurturing.settle(first.id, StepState.DONE, ME, MONDAY, "")
    with pytest.raises(StepSettled):
        nurturing.settle(first.id, StepState.DONE, ME, MONDAY, "")
    with pytest.raises(SkipReasonMissing):
        nurturing.settle(second.id, StepState.SKIPPED, ME, MONDAY, "")
    nurturing.settle(second.id, StepState.SKIPPED, ME, MONDAY, "客户出差")
    assert states(nurturing) == ["DONE", "SKIPPED", "PLANNED"]


def test_a_plan_whose_steps_have_all_come_to_a_result_is_finished():
    nurturing = enrolled(PLAN)
    for step in nurturing.steps:
        nurturing.settle(step.id, StepState.DONE, ME, MONDAY, "")
    assert (nurturing.enrolment.state, nurturing.enrolment.end_reason) == (State.ENDED, EndReason.FINISHED)
    with pytest.raises(EnrolmentEnded):
        nurturing.end(EndReason.STOPPED, MONDAY, MONDAY.date())


def test_after_an_answer_the_plan_rests_until_somebody_resumes_it_with_the_days_that_were_left():
    nurturing = enrolled(PLAN)
    nurturing.settle(nurturing.steps[0].id, StepState.ANSWERED, ME, MONDAY, "")
    assert states(nurturing) == ["ANSWERED", "PAUSED", "PAUSED"]
    with pytest.raises(EnrolmentPaused):
        nurturing.settle(nurturing.steps[1].id, StepState.DONE, ME, MONDAY, "")
    nurturing.resume(MONDAY + timedelta(days=14), CALENDAR)
    assert days(nurturing) == ["03-02", "03-20", "03-27"]
    with pytest.raises(EnrolmentNotPaused):
        nurturing.resume(MONDAY, CALENDAR)


def test_what_was_overdue_when_the_plan_rested_is_due_when_it_goes_on():
    nurturing = enrolled(PLAN)
    nurturing.pause(MONDAY + timedelta(days=2))
    nurturing.resume(MONDAY + timedelta(days=7), CALENDAR)
    assert days(nurturing)[0] == "03-09"


def test_another_temperature_begins_another_cadence_and_tells_missed_from_dropped():
    nurturing = enrolled(STANDARD)
    nurturing.begin(STANDARD, Temperature.WARM, MONDAY + timedelta(days=1), CALENDAR)
    assert states(nurturing) == ["MISSED", "DROPPED", "DROPPED", "PLANNED", "PLANNED", "PLANNED"]
    assert [step.number for step in nurturing.steps] == [1, 2, 3, 4, 5, 6]
    assert len({step.id for step in nurturing.steps}) == 6


def test_a_plan_that_does_nothing_for_the_new_temperature_is_finished():
    nurturing = enrolled(PLAN)
    nurturing.begin(PLAN, Temperature.HOT, MONDAY, CALENDAR)
    assert nurturing.enrolment.end_reason is EndReason.FINISHED


def test_a_result_with_another_temperature_neither_rests_nor_finishes_the_plan():
    nurturing = enrolled(STANDARD)
    for step in nurturing.steps:
        nurturing.settle(step.id, StepState.ANSWERED, ME, MONDAY, "", goes_on=True)
    nurturing.begin(STANDARD, Temperature.WARM, MONDAY, CALENDAR)
    assert nurturing.enrolment.state is State.ACTIVE
    assert states(nurturing)[3:] == ["PLANNED"] * 3


DEEDS = st.one_of(
    st.tuples(st.just("settle"), st.integers(0, 5), st.sampled_from(["DONE", "ANSWERED", "SKIPPED"])),
    st.tuples(st.just("warm"), st.sampled_from(list(Temperature))),
    st.tuples(st.sampled_from(["pause", "resume", "end"])),
)


@given(st.lists(st.tuples(st.integers(0, 20), DEEDS), max_size=15))
def test_whatever_happens_steps_wait_only_while_the_plan_is_followed_and_only_on_working_days(story):
    nurturing, now = enrolled(STANDARD), MONDAY
    for wait, deed in story:
        now += timedelta(days=wait)
        settled = {step.id: step.state for step in nurturing.steps if step.state not in WAITING}
        with suppress(Problem):
            do(nurturing, now, *deed)
        mine = nurturing.enrolment
        waiting = {step.state for step in nurturing.steps if step.state in WAITING}
        expected = {State.ACTIVE: {StepState.PLANNED}, State.PAUSED: {StepState.PAUSED}, State.ENDED: set()}
        assert waiting == expected[mine.state]
        assert (mine.state is State.ENDED) == (mine.end_reason is not None) == (mine.end_time is not None)
        assert (mine.state is State.PAUSED) == (mine.pause_time is not None)
        assert all(step.state is settled[step.id] for step in nurturing.steps if step.id in settled)
        assert all(CALENDAR.works_on(step.due_date) for step in nurturing.steps)
        assert [step.number for step in nurturing.steps] == list(range(1, len(nurturing.steps) + 1))


def do(nurturing, now, deed, *given):
    if deed == "settle":
        number, result = given
        step = nurturing.steps[number % len(nurturing.steps)]
        nurturing.settle(step.id, StepState(result), ME, now, "why")
    elif deed == "warm":
        if nurturing.enrolment.state is not State.ENDED:
            nurturing.begin(STANDARD, given[0], now, CALENDAR)
    elif deed == "pause":
        nurturing.pause(now)
    elif deed == "resume":
        nurturing.resume(now, CALENDAR)
    else:
        nurturing.end(EndReason.STOPPED, now, CALENDAR.local_day(now))


@given(st.integers(0, 400), st.integers(0, 30))
def test_working_days_are_those_that_the_calendar_counts(offset, count):
    start = MONDAY + timedelta(days=offset)
    after = CALENDAR.days_after(start, count)
    first = CALENDAR.local_day(CALENDAR.days_after(start, 0))
    assert working_days(CALENDAR, first, CALENDAR.local_day(after)) == count
