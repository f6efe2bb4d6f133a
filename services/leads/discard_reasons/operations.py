"""The list of reasons as it stands: what ships, overlaid by what the tenant set."""

from services.kit.database import Tx
from services.leads.discard_reasons.domain import PRESET, DiscardReason, UnknownDiscardReason
from services.leads.discard_reasons.store import OWN, SET, codec


async def in_use(tx: Tx) -> list[DiscardReason]:
    """The active reasons, by code."""
    known = {reason.code: reason for reason in PRESET}
    known |= {row["code"]: codec.from_row(row) for row in await tx.fetch(OWN)}
    return sorted((reason for reason in known.values() if reason.active), key=lambda reason: reason.code)


async def must_be_in_use(tx: Tx, code: str) -> DiscardReason:
    """The reason. Refused: UNKNOWN_DISCARD_REASON."""
    for reason in await in_use(tx):
        if reason.code == code:
            return reason
    raise UnknownDiscardReason(code=code)


async def set_reason(tx: Tx, reason: DiscardReason) -> DiscardReason:
    """Add it, rename it, or take it out of use."""
    await tx.execute(SET, **codec.to_row(reason))
    return reason
