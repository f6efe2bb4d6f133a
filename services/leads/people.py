"""How people are found whose data is sealed: by marks of their phone, their mail address and parts of their name."""

import re
from collections.abc import Mapping
from typing import Any

import phonenumbers

from services.kit.sealing import Mark
from services.kit.vault import TenantKey

HOME = "CN"
"""Where a number without a country code is dialled."""


def plain_phone(text: str) -> str:
    """The number as E.164, such as "+8613800138000"; its digits where it is none that can be dialled."""
    try:
        parsed = phonenumbers.parse(re.split("x|转", text)[0], HOME)
    except phonenumbers.NumberParseException:
        return re.sub(r"\D", "", text)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def plain_email(text: str) -> str:
    """The address as it is compared: without the case of its letters."""
    return text.strip().lower()


def phone_mark(tenant: TenantKey, given: Mapping[str, Any]) -> bytes | None:
    """The mark of a phone number, however it is written."""
    return tenant.mark("phone " + plain_phone(given["phone"])) if given.get("phone") else None


def email_mark(tenant: TenantKey, given: Mapping[str, Any]) -> bytes | None:
    """The mark of a mail address, whatever the case of its letters."""
    return tenant.mark("email " + plain_email(given["email"])) if given.get("email") else None


def name_marks(field: str) -> Mark:
    """The marks of the parts of the name in that field."""

    def mark(tenant: TenantKey, given: Mapping[str, Any]) -> list[int] | None:
        return tenant.grams(given[field]) if given.get(field) else None

    return mark
