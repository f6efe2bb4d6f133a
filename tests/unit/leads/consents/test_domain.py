"""Which last word on a purpose allows what."""

import pytest

from services.leads.consents.domain import ConsentNotGiven, ConsentWithdrawn, Purpose, must_allow

ASKED = (Purpose.MARKETING, Purpose.CALL_RECORDING, Purpose.THIRD_PARTY)


@pytest.mark.parametrize("purpose", [*ASKED, Purpose.FOLLOW_UP])
def test_what_was_given_is_allowed_and_what_was_withdrawn_is_not(purpose):
    must_allow(purpose, True)
    with pytest.raises(ConsentWithdrawn):
        must_allow(purpose, False)


@pytest.mark.parametrize("purpose", ASKED)
def test_nobody_may_do_these_unasked(purpose):
    with pytest.raises(ConsentNotGiven):
        must_allow(purpose, None)


def test_following_up_and_performing_a_contract_need_no_consent():
    must_allow(Purpose.FOLLOW_UP, None)
    for given in (None, True, False):
        must_allow(Purpose.CONTRACT, given)
