from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity.attempts.domain import FREE, LONGEST_PAUSE, SignInLocked, must_be_free, name_key, pause

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_first_failures_cost_nothing_and_each_further_one_doubles_the_pause():
    seconds = [pause(n).total_seconds() for n in range(12)]
    assert seconds == [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]


@given(st.integers(0, 10**9))
def test_a_pause_never_grows_beyond_a_quarter_of_an_hour(failures):
    assert timedelta() <= pause(failures) <= LONGEST_PAUSE


def test_a_pause_ends_to_the_second():
    must_be_free(FREE, NOW - timedelta(seconds=30), NOW)
    with pytest.raises(SignInLocked) as locked:
        must_be_free(FREE, NOW - timedelta(seconds=29, milliseconds=1), NOW)
    assert locked.value.facts["retry_after"] == "1"


def test_names_are_counted_apart_however_they_are_split():
    assert name_key("ab", "c") != name_key("a", "bc")
    assert name_key("demo", "boss") == name_key("demo", "boss")
