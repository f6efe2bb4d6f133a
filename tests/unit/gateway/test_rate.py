"""One caller's haste is that caller's own."""

import pytest

from gateway.limits import Rate
from gateway.refusals import RateExceeded


def test_one_caller_does_not_use_up_anothers_share():
    rate = Rate(rate=0.01, burst=1)
    rate.take("a")
    with pytest.raises(RateExceeded):
        rate.take("a")
    rate.take("b")


def test_the_refusal_says_when_to_go_on():
    rate = Rate(rate=0.1, burst=1)
    rate.take("a")
    with pytest.raises(RateExceeded) as refused:
        rate.take("a")
    assert refused.value.facts["retry_after"] == "10"


def test_callers_who_cannot_be_told_from_new_ones_are_forgotten_first(monkeypatch):
    now = 0.0
    monkeypatch.setattr("gateway.limits.time.monotonic", lambda: now)
    rate = Rate(rate=1, burst=2, remember=10)
    for stranger in range(9):
        rate.take(stranger)
    now = 5.0
    rate.take("hasty")
    rate.take("hasty")
    rate.take("another")
    with pytest.raises(RateExceeded):
        rate.take("hasty")


def test_memory_is_bounded_even_if_nobody_can_be_forgotten():
    rate = Rate(rate=0.001, burst=1, remember=100)
    for stranger in range(1000):
        rate.take(stranger)
    assert len(rate._buckets) <= 100
