"""How far the actions of a plan are, and of what their owners are reminded."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.plan_actions.domain import (
    ActionSettled,
    PlanAction,
    PlanActionDue,
    PlanActionOverdue,
    Side,
    Status,
    progress,
)

TODAY = date(2026, 6, 15)
NOW = datetime(2026, 1, 5, tzinfo=UTC)
NOBODY = UUID(int=0)
DAYS = st.integers(-30, 30)


def action(due, status=Status.OPEN, settled=None):
    one = PlanAction(NOBODY, NOBODY, NOBODY, Side.OURS, "互访", NOBODY, TODAY + timedelta(days=due), NOW, NOW)
    if status is not Status.OPEN:
        one.settle(status, "", TODAY + timedelta(days=settled))
    return one


ACTIONS = st.lists(st.builds(action, DAYS, st.sampled_from(Status), DAYS), max_size=20)


@given(ACTIONS)
def test_progress_is_none_or_lies_between_nothing_and_all(actions):
    found = progress(actions, TODAY)
    assert 0 <= found.done <= found.due <= len(actions) - found.dropped
    assert (found.rate is None) == (found.due == 0)
    assert found.rate is None or 0 <= found.rate <= 1


@given(ACTIONS, DAYS, DAYS)
def test_what_is_settled_later_is_not_seen_earlier(actions, one, other):
    early, late = sorted((TODAY + timedelta(days=one), TODAY + timedelta(days=other)))
    now = [each for each in actions if each.settle_date is None or each.settle_date <= early]
    assert progress(actions, early).dropped == progress(now, early).dropped <= progress(actions, late).dropped
    assert progress(actions, early).done == progress(now, early).done


def test_what_was_dropped_is_due_no_longer():
    actions = [action(-1), action(-2, Status.DONE, -2), action(-3, Status.DROPPED, -3), action(5)]
    found = progress(actions, TODAY)
    assert (found.due, found.done, found.dropped, found.rate) == (2, 1, 1, 0.5)


@given(DAYS, st.lists(DAYS, max_size=30))
def test_each_reminder_is_told_once_and_in_its_time(due, days):
    one = action(due)
    told = [
        (news, TODAY + timedelta(days=day)) for day in sorted(days) if (news := one.remind(TODAY + timedelta(days=day)))
    ]
    assert len({news for news, _ in told}) == len(told) <= 2
    for news, day in told:
        left = (one.due_date - day).days
        assert left < 0 if news is PlanActionOverdue else 0 <= left <= 3


def test_nobody_is_reminded_of_what_is_settled():
    assert action(-1, Status.DONE, -1).remind(TODAY) is None
    assert action(0).remind(TODAY) is PlanActionDue


def test_what_is_settled_is_settled_once():
    one = action(0, Status.DONE, 0)
    with pytest.raises(ActionSettled):
        one.settle(Status.DROPPED, "", TODAY)
