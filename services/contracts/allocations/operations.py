"""Holding what is owed against others, and keeping what is paid of it."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from dealtrail.contracts.v1 import events_pb2 as events

from services.contracts import days
from services.contracts.allocations.domain import Allocation, Debts, Owed, Payment
from services.contracts.allocations.store import CONTRACTS, OWED, codec
from services.contracts.contracts.domain import Contract
from services.contracts.contracts.store import codec as contract_codec
from services.contracts.instalments.domain import NOTHING
from services.contracts.instalments.store import PAY
from services.contracts.instalments.store import codec as instalment_codec
from services.contracts.journal import domain as entries
from services.contracts.journal import operations as journal
from services.kit.database import Tx
from services.kit.errors import Conflict
from services.kit.visibility import reach

OWNER = ("account_id", "merged_from", "deal_id", "owner_id", "team_id", "collaborators")


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


async def pay(tx: Tx, payments: Sequence[Payment]) -> None:
    """Keep payments in what is paid of their instalments, and the day by which those are fully paid that are by now."""
    days_paid: dict[UUID, date] = {}
    now: dict[UUID, Decimal] = {}
    for one in payments:
        days_paid[one.owed.id] = max(one.effective_date, days_paid.get(one.owed.id, one.effective_date))
        now[one.owed.id] = now.get(one.owed.id, NOTHING) + one.amount.amount
    full = {one.owed.id: one.owed.instalment for one in payments if not one.owed.instalment.open.amount}
    partly = [identity for identity, one in full.items() if one.paid.amount > now[identity]]
    before = await journal.last_payments(tx, partly)
    for identity, instalment in full.items():
        instalment.paid_date = max(days_paid[identity], before.get(identity, date.min))
    await _change(tx, payments, sign=1)


async def take_back(tx: Tx, payments: Sequence[Payment]) -> None:
    """Payments were never made: what they paid is open again."""
    await _change(tx, payments, sign=-1)


async def _change(tx: Tx, payments: Sequence[Payment], sign: int) -> None:
    touched = {one.owed.id: one.owed.instalment for one in payments}
    amounts = dict.fromkeys(touched, NOTHING)
    for one in payments:
        amounts[one.owed.id] += sign * one.amount.amount
    if not touched:
        return
    changed = await tx.execute(
        PAY,
        ids=list(touched),
        amounts=list(amounts.values()),
        days=[one.paid_date for one in touched.values()],
        versions=[one.version for one in touched.values()],
    )
    if changed != len(touched):
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
            amount={"amount": str(one.amount.amount), "currency": one.amount.currency},  # type: ignore[arg-type] # protobuf takes a mapping for a message
            effective_date=str(one.effective_date),
            **_owner(one.owed),
        )
        for one in payments
    ]


def say_paid(tx: Tx, payments: Iterable[Payment]) -> None:
    """Say which instalments are fully paid by now, and by which day they were."""
    for one in {one.owed.id: one.owed for one in payments}.values():
        if day := one.instalment.paid_date:
            told = events.InstalmentPaid(
                instalment=instalment_codec.to_message(one.instalment), paid_date=str(day), **_owner(one)
            )
            tx.emit(told, one, occurred_at=days.moment(day, tx.now))


def _owner(owed: Owed) -> dict[str, Any]:
    known = {name: getattr(owed, name) for name in OWNER}
    shared = [str(user) for user in known.pop("collaborators")]
    return {name: str(value or "") for name, value in known.items()} | {"collaborators": shared}
