"""List pairs that may be one company, dismiss them, and undo that."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import collisions_pb2
from dealtrail.leads.v1 import suspected_duplicates_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.leads.accounts.store import accounts
from services.leads.company_names import domain as company_names
from services.leads.matching.domain import Sign
from services.leads.merges.domain import SameAccount
from services.leads.suspected_duplicates.domain import STRENGTH, DuplicateDismissal, DuplicateDismissed
from services.leads.suspected_duplicates.store import DISMISSED, dismissals, listing

NAMES = ("my_names", "my_usccs", "their_names", "their_usccs")


async def page(tx: Tx, request: pb.ListSuspectedDuplicatesRequest) -> pb.ListSuspectedDuplicatesResponse:
    """Pairs that may be one company. Refused: PAGE_TOKEN_INVALID."""
    rows, token = await listing.page(tx, request)
    found = pb.ListSuspectedDuplicatesResponse(next_page_token=token)
    for row in rows:
        signs = [one for one in map(Sign, row["signs"]) if one is not Sign.NAME or _named_alike(row)]
        if signs:
            found.suspected_duplicates.add(
                **{name: str(row[name]) for name in TOLD},
                matches=[collisions_pb2.Collision.Match.Value(one) for one in signs],
                strength=sum(STRENGTH[one] for one in signs),
            )
    return found


TOLD = (
    "id",
    *(f"{which}_{what}" for which in ("account", "duplicate") for what in ("id", "name", "owner_id")),
)


def _named_alike(row: Any) -> bool:
    """Whether records of the two with the same brand name one company, each by its own name and code."""
    for name, uscc, other, others in zip(*(row[one] for one in NAMES), strict=True):
        if uscc and others:
            if uscc == others:
                return True
        elif company_names.same(company_names.parse(name), company_names.parse(other)):
            return True
    return False


async def dismiss(tx: Tx, account_id: UUID, duplicate_id: UUID, purpose: str) -> DuplicateDismissal:
    """Say that two are no duplicates. Refused: NOT_FOUND, SAME_ACCOUNT, DUPLICATE_DISMISSED."""
    if account_id == duplicate_id:
        raise SameAccount
    low, high = sorted((account_id, duplicate_id))
    for one in (low, high):
        await accounts.locked(tx, one)
    if await tx.fetch_value(DISMISSED, account_id=low, duplicate_id=high):
        raise DuplicateDismissed
    said = DuplicateDismissal(new_id(), low, high, purpose, tx.principal.user_id, tx.now, tx.now)
    await dismissals.add(tx, said)
    return said


async def undo(tx: Tx, dismissal_id: UUID) -> DuplicateDismissal:
    """Let a dismissal hold no longer. Refused: NOT_FOUND, DISMISSAL_UNDONE."""
    said = await dismissals.locked(tx, dismissal_id)
    said.undo(tx.principal.user_id, tx.now)
    await dismissals.save(tx, said)
    return said
