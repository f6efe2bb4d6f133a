"""One word of a person on one purpose, and which uses it allows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Refused


class Purpose(StrEnum):
    """What personal data is used for; see proto/dealtrail/leads/v1/consents.proto."""

    FOLLOW_UP = "FOLLOW_UP"
    MARKETING = "MARKETING"
    CALL_RECORDING = "CALL_RECORDING"
    THIRD_PARTY = "THIRD_PARTY"
    CONTRACT = "CONTRACT"


class ConsentWithdrawn(Refused):
    """The person does not want that any more."""

    en = "the person has withdrawn consent to {purpose}"
    zh = "该个人已撤回对 {purpose} 的同意"


class ConsentNotGiven(Refused):
    """The purpose needs a consent of its own."""

    en = "the person has not consented to {purpose}"
    zh = "该个人未同意 {purpose}"


@dataclass
class Consent:
    """A consent given or withdrawn."""

    id: UUID
    person_id: UUID
    purpose: Purpose
    given: bool
    text_version: str
    channel: str
    give_time: datetime
    recorded_by: UUID
    create_time: datetime


def must_allow(purpose: Purpose, given: bool | None) -> None:
    """Whether the last word on a purpose allows to use data for it; None if there is none.

    Refused: CONSENT_WITHDRAWN; CONSENT_NOT_GIVEN for what nobody may do unasked.
    """
    if purpose is Purpose.CONTRACT:
        return
    if given is False:
        raise ConsentWithdrawn(purpose=purpose)
    if given is None and purpose is not Purpose.FOLLOW_UP:
        raise ConsentNotGiven(purpose=purpose)
