"""What the timeline does with consents: remember the last word, and ask it before we say that we went to somebody."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from services.kit.database import Tx
from services.timeline.consents.domain import FOLLOW_UP, must_allow
from services.timeline.consents.store import DROP, PUT, WITHDRAWN


async def remember(tx: Tx, subjects: Iterable[UUID], purpose: str, given: bool, give_time: datetime) -> None:
    """Take in what somebody said who is known as these leads and contacts."""
    rows = [{"subject_id": one, "purpose": purpose, "given": given, "give_time": give_time} for one in subjects]
    await tx.execute_many(PUT, rows)  # type: ignore[arg-type] # a list of dicts is one of mappings


async def forget(tx: Tx, subjects: Iterable[UUID]) -> None:
    """Somebody was erased: there is nobody left to ask."""
    await tx.execute(DROP, subjects=list(subjects))


async def must_allow_going_to(tx: Tx, subjects: list[UUID], occurred: datetime) -> None:
    """Refused: CONSENT_WITHDRAWN if one of these leads and contacts no longer wanted to hear from us by then."""
    if subjects:
        must_allow(occurred, await tx.fetch_value(WITHDRAWN, subjects=subjects, purpose=FOLLOW_UP))
