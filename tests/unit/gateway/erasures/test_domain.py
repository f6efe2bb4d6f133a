"""An erasure is due after fifteen working days, decided once, and remembers for how long something is held."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from gateway.erasures.domain import Effect, Erasure, ErasureDecided, Outcome, State, due

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)


def erasure():
    return Erasure(uuid4(), [uuid4()], "letter", uuid4(), due(NOW), NOW, NOW)


@pytest.mark.parametrize(
    ("requested", "ends"),
    [
        (NOW, "2026-03-23"),
        (datetime(2026, 2, 12, 2, tzinfo=UTC), "2026-03-11"),  # Spring Festival lies between, with weekends worked
        (datetime(2026, 3, 2, 17, tzinfo=UTC), "2026-03-24"),  # already the next day in China
        (datetime(2035, 1, 1, tzinfo=UTC), "2035-01-22"),  # nobody has published that calendar
    ],
)
def test_it_is_due_at_the_end_of_the_fifteenth_working_day(requested, ends):
    assert due(requested).isoformat() == f"{ends}T23:59:59+08:00"


def test_it_is_overdue_until_it_is_dealt_with():
    one = erasure()
    late = one.due_time + timedelta(seconds=1)
    assert (one.overdue(one.due_time), one.overdue(late)) == (False, True)
    one.refuse(uuid4(), "not the person", late)
    assert not one.overdue(late)


def test_it_is_decided_once():
    one, boss = erasure(), uuid4()
    assert one.approve(boss, "called back")
    assert not one.approve(uuid4(), "again")
    assert (one.state, one.decided_by, one.decision) == (State.APPROVED, boss, "called back")
    with pytest.raises(ErasureDecided):
        one.refuse(boss, "changed my mind", NOW)
    other = erasure()
    other.refuse(boss, "no", NOW)
    with pytest.raises(ErasureDecided):
        other.approve(boss, "yes")


def test_it_holds_until_the_last_of_what_is_retained():
    one = erasure()
    near, far = NOW + timedelta(days=1), NOW + timedelta(days=9)
    one.step("contracts", [Effect("contracts", Outcome.RETAINED, 1, until=far)])
    one.step("leads", [Effect("contacts", Outcome.RETAINED, 1, until=near), Effect("leads", Outcome.ERASED, 2)])
    assert (one.hold_until, one.steps, len(one.effects)) == (far, ["contracts", "leads"], 3)
