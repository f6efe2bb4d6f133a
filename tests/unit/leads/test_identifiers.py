"""By what companies are told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.identifiers import USCC_DIGITS, UsccInvalid, company_domain, plain_uscc

REAL = "91350100M000100Y43"
"""The example of GB 32100-2015."""


@pytest.mark.parametrize(
    "written", [REAL, " 9135 0100 M000 100Y 43 ", REAL.lower(), "９１３５０１００Ｍ０００１００Ｙ４３"]
)
def test_a_code_is_the_same_however_it_is_written(written):
    assert plain_uscc(written) == REAL


def test_no_code_is_no_code():
    assert plain_uscc(" ") == ""


@given(st.integers(0, 17), st.sampled_from(USCC_DIGITS))
def test_the_check_digit_finds_any_one_wrong_digit(place, digit):
    wrong = REAL[:place] + digit + REAL[place + 1 :]
    if wrong == REAL:
        return
    with pytest.raises(UsccInvalid):
        plain_uscc(wrong)


@pytest.mark.parametrize("wrong", ["1", REAL + "1", REAL[:-1] + "I", REAL.replace("9", "O")])
def test_what_is_no_code_is_refused(wrong):
    with pytest.raises(UsccInvalid) as refused:
        plain_uscc(wrong)
    assert refused.value.violations()[0][0] == "uscc"


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("li@Acme.com", "acme.com"),
        ("li@mail.acme.com.cn", "acme.com.cn"),
        ("li@acme.cn", "acme.cn"),
        ("li@vip.qq.com", ""),
        ("li@163.com", ""),
        ("li", ""),
    ],
)
def test_a_mail_address_tells_its_company_unless_anybody_has_mail_there(address, domain):
    assert company_domain(address) == domain
