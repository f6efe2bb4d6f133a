"""A session is opened in its time by whoever holds it, once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.leads.call_sessions.domain import (
    EARLY,
    CallSession,
    NotYourSession,
    OutsideSlot,
    SessionClosed,
    SessionNotOpen,
    SessionNotPlanned,
    State,
)

BEGIN, HOUR, REP = datetime(2026, 3, 2, 9, tzinfo=UTC), timedelta(hours=1), UUID(int=1)
INSTANT = timedelta(microseconds=1)


def planned():
    place = "一号会议室", "GENERAL", 0, 3
    return CallSession(UUID(int=2), REP, None, BEGIN, BEGIN + HOUR, *place, create_time=BEGIN, update_time=BEGIN)


@pytest.mark.parametrize("at", [BEGIN - EARLY, BEGIN, BEGIN + HOUR - INSTANT])
def test_a_session_is_opened_in_its_time(at):
    session = planned()
    session.open(at)
    session.must_be_open()
    assert (session.state, session.open_time) == (State.OPEN, at)


@pytest.mark.parametrize("at", [BEGIN - EARLY - INSTANT, BEGIN + HOUR])
def test_a_session_is_not_opened_outside_its_time(at):
    with pytest.raises(OutsideSlot) as refused:
        planned().open(at)
    assert refused.value.facts == {"begin": "2026-03-02T09:00+00:00", "end": "2026-03-02T10:00+00:00"}


def test_a_session_is_opened_and_closed_once():
    session = planned()
    with pytest.raises(SessionNotOpen):
        session.must_be_open()
    session.open(BEGIN)
    with pytest.raises(SessionNotPlanned):
        session.open(BEGIN)
    session.close(REP, BEGIN + HOUR)
    with pytest.raises(SessionClosed):
        session.close(REP, BEGIN + HOUR)
    with pytest.raises(SessionNotPlanned):
        session.open(BEGIN)


def test_whoever_planned_a_session_gives_it_up_only_until_it_is_opened():
    planner = UUID(int=7)
    given_up = replace(planned(), planned_by=planner)
    given_up.close(planner, BEGIN)
    assert given_up.state is State.CLOSED
    opened = replace(planned(), planned_by=planner)
    opened.open(BEGIN)
    with pytest.raises(NotYourSession):
        opened.close(planner, BEGIN)


def test_nobody_holds_anothers_session():
    planned().must_be_of(REP)
    with pytest.raises(NotYourSession):
        planned().must_be_of(UUID(int=9))
