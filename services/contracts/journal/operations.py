"""Writing the journal, and what it says of receipts and instalments."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from asyncpg import Record

from services.contracts.journal.domain import Entry
from services.contracts.journal.store import ALLOCATIONS, LAST_PAYMENTS, WRITE, table
from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.sql import column_values


async def write(tx: Tx, entries: Iterable[Entry]) -> None:
    """Append entries, in one statement."""
    rows = []
    for entry in entries:
        identity = new_id()
        shared = {
            "tenant_id": tx.principal.tenant_id,
            "entry_id": identity,
            "kind": entry.kind,
            "currency": entry.currency,
            "effective_date": entry.effective_date,
            "recorded_at": tx.now,
            "actor_id": tx.principal.user_id,
        }
        for line, posting in enumerate(entry.postings, 1):
            about = {name: getattr(posting, name) for name in ("contract_id", "instalment_id", "receipt_id")}
            rows.append(shared | about | {"line": line, "book": posting.book, "amount": posting.amount})
    if rows:
        await tx.execute(WRITE, **column_values(table, rows))


async def allocations(tx: Tx, receipts: Iterable[UUID]) -> list[Record]:
    """What these receipts pay: instalment, contract, amount and the day from which it counts."""
    ids = list(receipts)
    return await tx.fetch(ALLOCATIONS, ids=ids) if ids else []


async def last_payments(tx: Tx, instalments: Iterable[UUID]) -> dict[UUID, date]:
    """The last day from which a payment of each of these instalments counts."""
    ids = list(instalments)
    return {row["instalment_id"]: row["day"] for row in await tx.fetch(LAST_PAYMENTS, ids=ids)} if ids else {}
