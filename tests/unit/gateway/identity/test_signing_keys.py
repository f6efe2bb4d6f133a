from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity.signing_keys.domain import (
    KNOWN_AFTER,
    TOKEN_LIFE,
    KeyRotatedLately,
    SigningKey,
    must_be_due,
    signing,
    verifying,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def key(age_s):
    return SigningKey(f"{age_s}", "", NOW - timedelta(seconds=age_s))


def test_a_new_key_waits_until_every_process_knows_it():
    assert signing([key(9), key(100)], NOW) == key(100)
    assert signing([key(10), key(100)], NOW) == key(10)


def test_the_first_key_of_all_signs_at_once():
    assert signing([key(0)], NOW) == key(0)
    assert signing([key(0), key(1)], NOW) == key(1)


def test_a_replaced_key_verifies_until_its_last_token_has_ended():
    ended = int((KNOWN_AFTER + TOKEN_LIFE).total_seconds())
    assert verifying([key(ended - 1), key(5000)], NOW) == [key(ended - 1), key(5000)]
    assert verifying([key(ended), key(5000)], NOW) == [key(ended)]


ages = st.lists(st.integers(0, 10_000), min_size=1, max_size=8, unique=True)


@given(ages, st.integers(0, 900))
def test_whatever_signed_within_a_tokens_life_still_verifies(born, ago):
    keys = [key(age) for age in born]
    then = NOW - timedelta(seconds=ago)
    known = [one for one in keys if one.create_time <= then]
    if known and ago < TOKEN_LIFE.total_seconds():
        assert signing(known, then) in verifying(keys, NOW)


@given(ages)
def test_the_key_that_signs_always_verifies(born):
    keys = [key(age) for age in born]
    assert signing(keys, NOW) in verifying(keys, NOW)


def test_keys_are_not_made_in_a_row():
    must_be_due([key(61)], NOW)
    with pytest.raises(KeyRotatedLately):
        must_be_due([key(500), key(59)], NOW)
