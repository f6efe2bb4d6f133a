"""What people do with receipts: record, allocate, void; each step is kept in the journal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from dealtrail.contracts.v1 import events_pb2 as events
from dealtrail.contracts.v1 import receipts_pb2 as pb

from services.contracts import days
from services.contracts.allocations import operations as allocations
from services.contracts.allocations.domain import Allocation, Debts, Payment, Wishes
from services.contracts.allocations.store import codec as allocation_codec
from services.contracts.contracts.domain import Contract
from services.contracts.journal import domain as entries
from services.contracts.journal import operations as journal
from services.contracts.outcomes import Outcomes
from services.contracts.receipts.domain import (
    BankReferenceKnown,
    Incoming,
    NothingToApply,
    Receipt,
    ReceiptIdTaken,
    Status,
    receive,
)
from services.contracts.receipts.store import STANDING, codec, receipts
from services.kit import aliases
from services.kit.database import Tx
from services.kit.errors import Conflict, NotFound, Problem
from services.kit.visibility import ALL, reach


async def record(tx: Tx, incoming: Incoming) -> Receipt:
    """Record money that came in and allocate it, or answer the receipt of that id. Refused: RECEIPT_ID_TAKEN."""
    outcomes = await record_new(tx, [incoming])
    for problem in outcomes.refused.values():
        raise problem
    try:
        return await receipts.get(tx, incoming.id)
    except NotFound:
        raise ReceiptIdTaken from None


async def record_new(tx: Tx, batch: Sequence[Incoming]) -> Outcomes:
    """Record those whose id is not known yet, in their order."""
    outcomes = Outcomes()
    free = await _unopposed(tx, batch, outcomes)
    free = await _where_payers_stand(tx, free)
    contracts = await allocations.contracts(tx, [one.contract_id for one in free if one.contract_id])
    debts = await _owed_by(tx, free)
    paid: list[tuple[Receipt, list[Payment]]] = []
    for incoming in free:
        try:
            paid.append(_settle(tx, incoming, contracts, debts))
        except Problem as problem:
            outcomes.refused[incoming.id] = problem
    outcomes.created = await receipts.add_new(tx, (receipt for receipt, _ in paid))
    if len(outcomes.created) < len(paid):
        # Somebody recorded the same id or bank reference a moment ago: what was decided here does not hold.
        raise Conflict
    payments = [payment for _, made in paid for payment in made]
    await allocations.pay(tx, payments)
    await journal.write(tx, (entry for receipt, made in paid for entry in _entries(receipt, made)))
    standing = await allocations.standing(tx, outcomes.created)
    for receipt, made in paid:
        _say(tx, events.ReceiptRecorded, receipt, standing, made, receipt.received_date)
    allocations.say_paid(tx, payments)
    return outcomes


async def _unopposed(tx: Tx, batch: Sequence[Incoming], outcomes: Outcomes) -> list[Incoming]:
    """Those whose id is not known, with why others were refused put into `outcomes`."""
    standing = await tx.fetch(
        STANDING, ids=[one.id for one in batch], references=[one.bank_reference for one in batch if one.bank_reference]
    )
    known = {row["id"] for row in standing}
    references = {row["bank_reference"] for row in standing if row["status"] != Status.VOIDED} - {""}
    free = []
    for one in batch:
        if one.id in known:
            continue
        if one.bank_reference in references:
            outcomes.refused[one.id] = BankReferenceKnown(bank_reference=one.bank_reference)
            continue
        known.add(one.id)
        references |= {one.bank_reference} - {""}
        free.append(one)
    return free


async def _where_payers_stand(tx: Tx, batch: Sequence[Incoming]) -> list[Incoming]:
    """Let money of an account that was merged pay what stands under the other."""
    roots = await aliases.roots(tx, (one.payer.account_id for one in batch if one.payer))
    found = []
    for one in batch:
        paid_by = one.payer
        if paid_by and paid_by.account_id in roots:
            paid_by = replace(paid_by, account_id=roots[paid_by.account_id], merged_from=paid_by.account_id)
        found.append(replace(one, payer=paid_by))
    return found


async def _owed_by(tx: Tx, batch: Iterable[Incoming]) -> Debts:
    oldest = [one for one in batch if one.oldest_due and not one.wishes]
    return await allocations.owed(
        tx,
        reach(tx.principal),
        contracts=[one.contract_id for one in oldest if one.contract_id],
        accounts=[one.payer.account_id for one in oldest if one.payer and not one.contract_id],
        ids=[identity for one in batch for identity, _ in one.wishes],
    )


def _settle(
    tx: Tx, incoming: Incoming, contracts: Mapping[UUID, Contract], debts: Debts
) -> tuple[Receipt, list[Payment]]:
    contract = contracts.get(incoming.contract_id) if incoming.contract_id else None
    receipt = receive(incoming, contract, days.day_of(tx.now), tx.now)
    payments: list[Payment] = []
    if incoming.wishes:
        payments = receipt.purse().pay_as_told(incoming.wishes, debts)
    elif incoming.oldest_due:
        payments = receipt.purse().pay_oldest(debts)
    receipt.take(payments)
    return receipt, payments


async def apply(tx: Tx, receipt_id: UUID, wishes: Wishes) -> Receipt:
    """Allocate what is unapplied of a receipt: as told, else to what fell due first."""
    receipt = await receipts.locked(tx, receipt_id)
    receipt.must_stand()
    if wishes:
        told = await allocations.owed(tx, reach(tx.principal), ids=[identity for identity, _ in wishes])
        payments = receipt.purse().pay_as_told(wishes, told)
    else:
        contracts, accounts = ([receipt.contract_id], []) if receipt.contract_id else ([], [receipt.account_id])
        oldest = await allocations.owed(tx, reach(tx.principal), contracts, accounts)
        payments = receipt.purse().pay_oldest(oldest)
    if not payments:
        raise NothingToApply
    receipt.take(payments)
    await receipts.save(tx, receipt)
    await allocations.pay(tx, payments)
    await journal.write(tx, allocations.allocating(receipt.id, payments))
    _say(tx, events.ReceiptApplied, receipt, await allocations.standing(tx, [receipt.id]), payments)
    allocations.say_paid(tx, payments)
    return receipt


async def void(tx: Tx, receipt_id: UUID, reason: str) -> Receipt:
    """Reverse a receipt from the days on which it counted, whoever sees what it paid."""
    receipt = await receipts.locked(tx, receipt_id)
    receipt.void(reason)
    made = (await allocations.standing(tx, [receipt.id])).get(receipt.id, [])
    paid = await allocations.owed(tx, ALL, ids=[one.instalment_id for one in made])
    payments = [paid.by_id[one.instalment_id].take_back(one) for one in made]
    await receipts.save(tx, receipt)
    await allocations.take_back(tx, payments)
    await journal.write(tx, (entry.reversed() for entry in _entries(receipt, payments)))
    _say(tx, events.ReceiptVoided, receipt, {}, payments)
    return receipt


async def to_messages(tx: Tx, *messages: pb.Receipt) -> list[pb.Receipt]:
    """The receipts together with what they pay."""
    standing = await allocations.standing(tx, [UUID(message.id) for message in messages])
    for message in messages:
        _add_allocations(message, standing)
    return list(messages)


def _entries(receipt: Receipt, payments: Iterable[Payment]) -> list[entries.Entry]:
    received = entries.received(receipt.id, receipt.amount, receipt.received_date)
    return [received, *allocations.allocating(receipt.id, payments)]


def _say(
    tx: Tx,
    event: Any,
    receipt: Receipt,
    standing: Mapping[UUID, list[Allocation]],
    payments: Iterable[Payment],
    day: date | None = None,
) -> None:
    message = codec.to_message(receipt)
    _add_allocations(message, standing)
    told = event(receipt=message, changes=allocations.changes(payments))
    tx.emit(told, receipt, occurred_at=days.moment(day, tx.now) if day else None)


def _add_allocations(message: pb.Receipt, standing: Mapping[UUID, list[Allocation]]) -> None:
    message.allocations.extend(allocation_codec.to_message(one) for one in standing.get(UUID(message.id), ()))
