from datetime import UTC, datetime, timedelta

import pytest

from gateway.identity.users.domain import AboveYou, Role, User, must_not_be_above, sign_in_name
from services.kit.ids import new_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def user():
    return User(new_id(), "anna", "Anna", Role.REP, None, NOW, NOW, NOW)


def test_another_role_ends_the_access_tokens_given_so_far(user):
    user.change_role(Role.REP)
    assert user.token_version == 1
    user.change_role(Role.MANAGER)
    assert (user.role, user.token_version, user.sessions_from) == (Role.MANAGER, 2, NOW)


def test_who_leaves_has_no_session_any_more(user):
    later = NOW + timedelta(days=1)
    user.leave(later)
    assert (user.active, user.token_version, user.sessions_from) == (False, 2, later)


def test_only_an_admin_has_somebody_above():
    must_not_be_above("BOSS", Role.BOSS)
    must_not_be_above("ADMIN", Role.MANAGER, Role.ADMIN)
    with pytest.raises(AboveYou):
        must_not_be_above("ADMIN", Role.REP, Role.BOSS)


def test_a_name_for_signing_in_has_one_form():
    assert sign_in_name(" Wang.Fang ") == "wang.fang"
