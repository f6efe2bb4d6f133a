import pytest

from services.kit import pace as module
from services.kit.pace import THICK, Pace


@pytest.mark.parametrize(("count", "seconds", "thick"), [(1, 0.006, True), (1, 0.05, False), (8, 0.04, True)])
def test_events_come_thick_if_they_are_many_for_the_time_since_the_last_round(monkeypatch, count, seconds, thick):
    now = 1000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    pace = Pace()
    pace.thick(1)
    now += seconds
    assert pace.thick(count) is thick
    assert thick is (count / seconds > THICK)


def test_the_first_comes_alone():
    assert not Pace().thick(1)
