"""How people are found whose data is sealed: by marks of their phone, their mail address and parts of their name."""

from collections.abc import Mapping
from typing import Any

from services.kit.sealing import Mark
from services.kit.vault import TenantKey
from services.leads.words import plain_email, plain_phone


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
