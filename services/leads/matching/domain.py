"""By what leads and accounts are matched, and when a match holds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.leads.company_names import domain as company_names
from services.leads.identifiers import company_domain
from services.leads.leads.domain import NOBODY
from services.leads.words import plain_phone

FEWEST_DIGITS = 7
"""A shorter number is no phone by which anybody could be told from others."""


class Row(StrEnum):
    """What is matched."""

    LEAD = "LEAD"
    ACCOUNT = "ACCOUNT"


class Sign(StrEnum):
    """By what two rows may be one company; see proto/dealtrail/leads/v1/collisions.proto."""

    NAME = "NAME"
    USCC = "USCC"
    PHONE = "PHONE"
    DOMAIN = "DOMAIN"
    WECHAT = "WECHAT"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead or account as far as it is matched."""

    id: UUID
    row: Row
    owner_id: UUID
    team_id: UUID | None
    company: str
    capture_time: datetime
    uscc: str = ""
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    wechat_id: str = field(default="", repr=False)
    exclusive: bool = False
    """Whether it came by its owner's own link, and is the owner's alone."""


def signs(one: Candidate) -> Iterator[tuple[Sign, str]]:
    """What it is found by. Who has the same in one of these may be the same company."""
    if one.company:
        yield Sign.NAME, company_names.parse(one.company).brand
    if one.uscc:
        yield Sign.USCC, one.uscc
    yield from personal_signs(one.phone, one.email, one.wechat_id)


def personal_signs(phone: str, email: str, wechat_id: str) -> Iterator[tuple[Sign, str]]:
    """What is found by the person there."""
    if sum(letter.isdigit() for letter in phone) >= FEWEST_DIGITS:
        yield Sign.PHONE, plain_phone(phone)
    if domain := company_domain(email):
        yield Sign.DOMAIN, domain
    if wechat_id:
        yield Sign.WECHAT, wechat_id.casefold()


def matched(sign: Sign, one: Candidate, other: Candidate) -> bool:
    """Whether two that have the same sign count as one company, and belong to different people.

    What lies in the pool belongs to nobody.
    """
    if one.id == other.id or one.owner_id == other.owner_id or NOBODY in (one.owner_id, other.owner_id):
        return False
    return same(sign, one, other)


def same(sign: Sign, one: Candidate, other: Candidate) -> bool:
    """Whether two that have the same sign count as one company, whoever has them."""
    if sign is not Sign.NAME:
        return True
    if one.uscc and other.uscc:
        return one.uscc == other.uscc
    return company_names.same(company_names.parse(one.company), company_names.parse(other.company))
