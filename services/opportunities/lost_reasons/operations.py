"""The list of reasons as it stands: what ships, overlaid by what the tenant set."""

from services.kit.database import Tx
from services.opportunities.lost_reasons.domain import PRESET, LostReason, UnknownLostReason
from services.opportunities.lost_reasons.store import OWN, SET, codec


async def in_use(tx: Tx) -> list[LostReason]:
    """The active reasons, by code."""
    known = {reason.code: reason for reason in PRESET}
    known |= {row["code"]: codec.from_row(row) for row in await tx.fetch(OWN)}
    return sorted((reason for reason in known.values() if reason.active), key=lambda reason: reason.code)


async def must_be_in_use(tx: Tx, code: str) -> None:
    """Refused: UNKNOWN_LOST_REASON."""
    if code not in {reason.code for reason in await in_use(tx)}:
        raise UnknownLostReason(code=code)


async def set_reason(tx: Tx, reason: LostReason) -> LostReason:
    """Add it, rename it, or take it out of use."""
    await tx.execute(SET, **codec.to_row(reason))
    return reason
