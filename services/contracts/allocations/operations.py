"""Holding what is owed against others, and keeping what is paid of it."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from dealtrail.contracts.v1 import events_pb2 as events

from services.contracts import days
from services.contracts.allocations.domain import Allocation, Debts, Owed, Payment
from services.contracts.allocations.store import CONTRACTS, OWED, codec
from services.contracts.contracts.domain import Contract
from services.contracts.contracts.store import codec as contract_codec
from services.contracts.instalments.store import PAY
from services.contracts.instalments.store import codec as instalment_codec
from services.contracts.journal import domain as entries
from services.contracts.journal import operations as journal
from services.kit.database import Tx
from services.kit.errors import Conflict
from services.kit.visibility import reach

OWNER = ("account_id", "deal_id", "owner_id", "team_id", "collaborators")


async def contracts(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Contract]:
    """Those of these contracts that the caller sees, by id; their owners stay until the transaction ends."""
    rows = await tx.fetch(CONTRACTS(reach(tx.principal)), ids=ids) if ids else []
    return {row["id"]: contract_codec.from_row(row) for row in rows}


async def owed(
    tx: Tx, how_far: str, contracts: Sequence[UUID] = (), accounts: Sequence[UUID] = (), ids: Sequence[UUID] = ()
) -> Debts:
    """The open instalments of these contracts and accounts, and those of these ids, held until the transaction ends."""
    if not (contracts or accounts or ids):
        return Debts(())
    rows = await tx.fetch(OWED(how_far), contracts=contracts, accounts=accounts, ids=ids)
    names = (*OWNER, "sign_date")
    return Debts(Owed(instalment_codec.from_row(row), **{name: row[name] for name in names}) for row in rows)


async def change_paid(tx: Tx, payments: Iterable[Payment], sign: int) -> None:
    """Add the payments to what is paid of their instalments, or take them back if `sign` is -1.

    Refused: CONFLICT if an instalment would be paid beyond its amount, or less than not at all.
    """
    amounts: dict[UUID, Decimal] = {}
    versions: dict[UUID, int] = {}
    for payment in payments:
        identity = payment.owed.id
        amounts[identity] = amounts.get(identity, Decimal(0)) + sign * payment.amount.amount
        versions[identity] = payment.owed.version
    if not amounts:
        return
    touched = await tx.execute(PAY, ids=list(amounts), amounts=list(amounts.values()), versions=list(versions.values()))
    if touched != len(amounts):
        raise Conflict


def allocating(receipt_id: UUID, payments: Iterable[Payment]) -> list[entries.Entry]:
    """What the journal says of payments."""
    return [
        entries.allocated(receipt_id, one.owed.instalment.contract_id, one.owed.id, one.amount, one.effective_date)
        for one in payments
    ]


async def standing(tx: Tx, receipts: Iterable[UUID]) -> dict[UUID, list[Allocation]]:
    """What these receipts pay by the journal, by receipt."""
    found: dict[UUID, list[Allocation]] = {}
    for row in await journal.allocations(tx, receipts):
        found.setdefault(row["receipt_id"], []).append(codec.from_row(row))
    return found


def changes(payments: Iterable[Payment]) -> list[events.InstalmentChange]:
    """What events say of payments."""
    return [
        events.InstalmentChange(
            instalment=instalment_codec.to_message(one.owed.instalment),
            amount={"amount": str(one.amount.amount), "currency": one.amount.currency},  # type: ignore[arg-type]
            effective_date=str(one.effective_date),
            **_owner(one.owed),
        )
        for one in payments
    ]


async def say_paid(tx: Tx, payments: Iterable[Payment]) -> None:
    """Say which instalments are fully paid by now, and by which day they were."""
    full: Mapping[UUID, Owed] = {one.owed.id: one.owed for one in payments if not one.owed.instalment.open.amount}
    if not full:
        return
    last = await journal.last_payments(tx, full)
    for identity, one in full.items():
        told = events.InstalmentPaid(
            instalment=instalment_codec.to_message(one.instalment), paid_date=str(last[identity]), **_owner(one)
        )
        tx.emit(told, one, occurred_at=days.moment(last[identity], tx.now))


def _owner(owed: Owed) -> dict[str, Any]:
    known = {name: getattr(owed, name) for name in OWNER}
    shared = [str(user) for user in known.pop("collaborators")]
    return {name: str(value or "") for name, value in known.items()} | {"collaborators": shared}
