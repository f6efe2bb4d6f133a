from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity.sessions.domain import LIFE, SIGNED_OUT, RefreshToken, Session, SessionEnded, opened
from services.kit.ids import new_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = b"k" * 32
TENANT = new_id()


def session():
    return Session(new_id(), new_id(), b"", 0, NOW, NOW, NOW + LIFE)


def test_only_the_last_refresh_token_of_a_session_fits():
    one = session()
    first = one.renew(TENANT)
    assert one.fits(first)
    second = one.renew(TENANT)
    assert one.fits(second)
    assert not one.fits(first)


def test_a_token_of_the_right_generation_with_another_secret_does_not_fit():
    one = session()
    token = one.renew(TENANT)
    assert not one.fits(RefreshToken(token.tenant_id, token.session_id, token.generation, b"x" * 32))


def test_what_is_kept_of_a_token_does_not_open_anything():
    one = session()
    token = one.renew(TENANT)
    assert one.digest not in (token.secret, b"")
    assert token.secret not in one.digest


def test_a_sealed_token_opens_as_it_was():
    token = session().renew(TENANT)
    assert opened(token.sealed(KEY), KEY) == token


@given(st.integers(0, 111), st.sampled_from("ABCDabcd0189-_"))
def test_a_token_with_any_character_changed_is_not_ours(at, other):
    sealed = RefreshToken(TENANT, TENANT, 1, b"s" * 32).sealed(KEY)
    changed = sealed[:at] + other + sealed[at + 1 :]
    if changed != sealed:
        with pytest.raises(SessionEnded):
            opened(changed, KEY)


@given(st.text(max_size=500))
def test_no_text_at_all_breaks_the_opening(text):
    with pytest.raises(SessionEnded):
        opened(text, KEY)


def test_a_token_sealed_with_another_key_is_not_ours():
    with pytest.raises(SessionEnded):
        opened(session().renew(TENANT).sealed(b"x" * 32), KEY)


def test_a_session_is_over_when_it_ended_expired_or_its_user_began_anew():
    one = session()
    assert not one.over(NOW, sessions_from=NOW)
    assert one.over(NOW + LIFE, sessions_from=NOW)
    assert one.over(NOW, sessions_from=NOW + timedelta(microseconds=1))
    one.end(NOW, SIGNED_OUT)
    assert one.over(NOW, sessions_from=NOW)
