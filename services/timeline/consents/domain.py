"""Whether we may go to somebody."""

from datetime import datetime

from services.kit.errors import Refused

FOLLOW_UP = "FOLLOW_UP"


class ConsentWithdrawn(Refused):
    """The person does not want to hear from us."""

    en = "the person has withdrawn consent to being followed up"
    zh = "该个人已撤回跟进联系的同意"


def must_allow(occurred: datetime, withdrawn: datetime | None) -> None:
    """Whether going to somebody then was before they withdrew consent. Refused: CONSENT_WITHDRAWN."""
    if withdrawn is not None and occurred >= withdrawn:
        raise ConsentWithdrawn
