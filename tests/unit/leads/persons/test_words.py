"""People are found however their number is written, and free text is searched for every spelling of theirs."""

import pytest

from services.kit.masking import redacted
from services.kit.vault import TenantKey
from services.leads.people import email_mark, phone_mark, plain_phone
from services.leads.persons.domain import words_of

KEY = TenantKey(bytes(32))


@pytest.mark.parametrize(
    "written",
    ["13800138000", "138 0013 8000", "+86 138-0013-8000", "0086 13800138000", "138.0013.8000", "(138) 00138000"],
)
def test_a_number_has_one_mark_however_it_is_written(written):
    assert plain_phone(written) == "+8613800138000"
    assert phone_mark(KEY, {"phone": written}) == phone_mark(KEY, {"phone": "13800138000"})


def test_an_extension_and_what_is_no_number_have_marks_too():
    assert plain_phone("010 6552 9988转8001") == "+861065529988"
    assert plain_phone("转") == ""
    assert phone_mark(KEY, {"phone": ""}) is None


def test_a_mail_address_has_one_mark_whatever_the_case():
    assert email_mark(KEY, {"email": "Zhang@Example.com"}) == email_mark(KEY, {"email": "zhang@example.com"})


def test_another_tenants_marks_are_others():
    assert phone_mark(KEY, {"phone": "13800138000"}) != phone_mark(
        TenantKey(bytes(range(32))), {"phone": "13800138000"}
    )


def test_a_text_loses_every_spelling():
    words = words_of(["欧阳若兰"], ["138 0013 8000", "+8613800138000", "13800138000"], ["Ruolan@Example.com"])
    text = "欧阳若兰 (138-0013-8000, ruolan@example.COM) 来电，+86 138 0013 8000 请回"
    assert redacted(text, words) == "**** (****, ****) 来电，**** 请回"


def test_what_is_only_like_a_word_stays():
    assert redacted("订单 1380013 共 8000 件", words_of([], ["13800138000"], [])) == "订单 1380013 共 8000 件"
    assert words_of(["王"], [], []) == [], "one letter is everywhere"
    assert redacted("微信 WX_ruolan 或 wx_ruolan", words_of([], [], ["WX_ruolan"])) == "微信 **** 或 ****"
