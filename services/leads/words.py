"""The words by which leads, accounts and contacts are found: of names, ends of phones, mail addresses, codes."""

import re
from collections.abc import Mapping
from typing import Any

from services.leads.spelling import terms

HOME = "CN"
"""Where a number without a country code is dialled."""
Row = Mapping[str, Any]
SHORTEST_TAIL, LONGEST_TAIL = 4, 11
PHONE, EMAIL, USCC = "#", "@", "$"


def plain_phone(text: str) -> str:
    """The number as E.164, such as "+8613800138000"; its digits where it is none that can be dialled."""
    import phonenumbers  # noqa: PLC0415 - a start need not wait until its patterns are compiled

    try:
        parsed = phonenumbers.parse(re.split("x|转", text)[0], HOME)
    except phonenumbers.NumberParseException:
        return re.sub(r"\D", "", text)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def plain_email(text: str) -> str:
    """The address as it is compared: without the case of its letters."""
    return text.strip().lower()


def digits_of(phone: str) -> str:
    """The digits of a number as it is dialled at home: a mobile phone's eleven."""
    return re.sub(r"\D", "", plain_phone(phone))[-LONGEST_TAIL:]


def phone_words(phone: str) -> set[str]:
    """A number is found by its last digits, four of them or more."""
    digits = digits_of(phone)
    return {PHONE + digits[-n:] for n in range(SHORTEST_TAIL, len(digits) + 1)}


def email_words(email: str) -> set[str]:
    """A mail address is found by the whole of it."""
    return {EMAIL + plain_email(email)} if email else set()


def uscc_words(uscc: str) -> set[str]:
    """A 统一社会信用代码 is found by the whole of it."""
    return {USCC + uscc} if uscc else set()


def lead_words(row: Row) -> set[str]:
    """What a lead is found by."""
    company = terms(row["company"]) | uscc_words(row["uscc"])
    return company | terms(row["contact_name"]) | phone_words(row["phone"]) | email_words(row["email"])


def account_words(row: Row) -> set[str]:
    """What an account is found by."""
    return terms(row["name"]) | uscc_words(row["uscc"])


def contact_words(row: Row) -> set[str]:
    """What a contact is found by."""
    return terms(row["name"]) | phone_words(row["phone"]) | email_words(row["email"])
