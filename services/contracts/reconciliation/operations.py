"""Holding what is kept against the journal."""

from services.contracts.reconciliation.domain import Discrepancy
from services.contracts.reconciliation.store import CHECKED, DIFFERING, codec
from services.kit.database import Tx


async def discrepancies(tx: Tx) -> list[Discrepancy]:
    """Balances that are not what the journal says, as positive amounts; some of them if there are very many."""
    return [codec.from_row(row) for row in await tx.fetch(DIFFERING)]


async def checked(tx: Tx) -> int:
    """How many balances there are to compare."""
    count: int = await tx.fetch_value(CHECKED)
    return count
