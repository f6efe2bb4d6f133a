import pytest

from services.kit import pace as module
from services.kit.pace import Pace


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def after(clock, seconds_between, rounds):
    """Whether they come thick after these rounds."""
    pace, thick = Pace(), False
    for number in range(60):
        clock[0] += seconds_between
        thick = pace.thick(rounds(number))
    return thick


@pytest.mark.parametrize(("seconds_between", "thick"), [(0.006, True), (0.015, False), (0.3, False)])
def test_things_come_thick_from_a_hundred_a_second_on(clock, seconds_between, thick):
    assert after(clock, seconds_between, lambda number: [number]) is thick


def test_what_shares_rounds_comes_thick_still(clock):
    assert after(clock, 0.04, lambda number: range(number * 6, number * 6 + 6))


@pytest.mark.parametrize(("a_second", "apart_s"), [(50, 0), (200, 0.04), (380, 0.04), (450, 0.08), (2000, 0.08)])
def test_rounds_are_the_further_apart_the_denser_things_come(clock, a_second, apart_s):
    pace = Pace()
    told, found = 0, 0.0
    for number in range(1, 60):
        clock[0] += 0.04
        due = int(number * 0.04 * a_second)
        found = pace.apart_s(range(told, due))
        told = due
    assert found == apart_s


def test_events_of_one_thing_are_one(clock):
    assert not after(clock, 0.006, lambda number: [number // 3])


def test_the_first_comes_alone_and_so_does_who_comes_after_a_pause(clock):
    pace = Pace()
    assert not pace.thick(["one"])
    for number in range(30):
        clock[0] += 0.005
        pace.thick([number])
    clock[0] += 2
    assert not pace.thick(["late"])
