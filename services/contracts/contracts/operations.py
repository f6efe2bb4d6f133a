"""What people do with contracts: load, let the contract decide, save, say so."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from dealtrail.contracts.v1 import events_pb2 as events

from services.contracts import days
from services.contracts.contracts.domain import (
    Agreement,
    Changes,
    Contract,
    ContractIdTaken,
    ContractNumberTaken,
    DealHasContract,
    Status,
)
from services.contracts.contracts.store import STANDING, codec, contracts
from services.contracts.instalments.domain import Instalment
from services.contracts.instalments.store import OF_CONTRACT, REMOVE, instalments
from services.contracts.instalments.store import codec as instalment_codec
from services.contracts.journal import domain as entries
from services.contracts.journal import operations as journal
from services.contracts.outcomes import Outcomes
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.errors import NotFound


async def create(tx: Tx, agreement: Agreement) -> Contract:
    """Write a contract, or answer the one of that id.

    Refused: CONTRACT_NUMBER_TAKEN, DEAL_HAS_CONTRACT, CONTRACT_ID_TAKEN.
    """
    outcomes = await create_new(tx, [agreement])
    for problem in outcomes.refused.values():
        raise problem
    if outcomes.created:
        return agreement.contract
    try:
        return await contracts.get(tx, agreement.id)
    except NotFound:
        raise ContractIdTaken from None


async def create_new(tx: Tx, batch: Iterable[Agreement]) -> Outcomes:
    """Write those whose id is not known yet, drafts and signed ones."""
    outcomes = Outcomes()
    free = await _unopposed(tx, list(batch), outcomes)
    outcomes.created = await contracts.add_new(tx, (one.contract for one in free))
    new = [one for one in free if one.id in outcomes.created]
    # Somebody else may have written one a moment ago: by now it can be seen.
    await _unopposed(tx, [one for one in free if one.id not in outcomes.created], outcomes)
    await instalments.add_new(tx, (part for one in new for part in one.instalments))
    signed = [one for one in new if one.contract.status is Status.SIGNED]
    await journal.write(tx, (_signing(one) for one in signed))
    for one in new:
        if one.contract.sign_date:
            _say(tx, events.ContractSigned, one, one.contract.sign_date)
        else:
            _say(tx, events.ContractDrafted, one)
    return outcomes


async def _unopposed(tx: Tx, batch: list[Agreement], outcomes: Outcomes) -> list[Agreement]:
    """Those whose id is not known, with why others were refused put into `outcomes`."""
    if not batch:
        return []
    standing = await tx.fetch(
        STANDING,
        ids=[one.id for one in batch],
        numbers=[one.contract.number for one in batch],
        deals=[one.contract.deal_id for one in batch if one.contract.deal_id],
    )
    known = {row["id"] for row in standing}
    numbers = {row["number"] for row in standing}
    deals = {row["deal_id"] for row in standing if row["deal_id"] and row["status"] != Status.CANCELLED}
    free = []
    for one in batch:
        contract = one.contract
        if contract.id in known:
            continue
        if contract.number in numbers:
            outcomes.refused[contract.id] = ContractNumberTaken(number=contract.number)
        elif contract.deal_id in deals:
            outcomes.refused[contract.id] = DealHasContract()
        else:
            known.add(contract.id)
            numbers.add(contract.number)
            deals |= {contract.deal_id} if contract.deal_id else set()
            free.append(one)
    return free


async def update(tx: Tx, contract_id: UUID, changes: Changes) -> Contract:
    """Change a draft; lines and instalments are replaced as a whole. Refused: CONTRACT_NUMBER_TAKEN; as `revise`."""
    agreement = await _locked(tx, contract_id)
    was = agreement.instalments
    agreement.revise(changes)
    await _must_be_free(tx, agreement.contract)
    if agreement.instalments is not was:
        await tx.execute(REMOVE, contract_id=contract_id)
        await instalments.add_new(tx, agreement.instalments)
    await contracts.save(tx, agreement.contract)
    _say(tx, events.ContractUpdated, agreement)
    return agreement.contract


async def sign(tx: Tx, contract_id: UUID, day: date | None) -> Contract:
    """Sign a draft: its instalments are owed from that day on."""
    agreement = await _locked(tx, contract_id)
    today = days.day_of(tx.now)
    for due in agreement.sign(day or today, today):
        await instalments.save(tx, due)
    await contracts.save(tx, agreement.contract)
    await journal.write(tx, [_signing(agreement)])
    _say(tx, events.ContractSigned, agreement, day)
    return agreement.contract


async def cancel(tx: Tx, contract_id: UUID) -> Contract:
    """Give a draft up."""
    contract = await contracts.locked(tx, contract_id)
    contract.cancel()
    await contracts.save(tx, contract)
    tx.emit(events.ContractCancelled(contract=codec.to_message(contract)), contract)
    return contract


async def assign(tx: Tx, directory: Directory, contract_id: UUID, owner_id: str) -> Contract:
    """Hand a contract to another owner; its receipts follow (a trigger keeps their copy of the owner)."""
    contract = await contracts.locked(tx, contract_id)
    member = await directory.owner(tx, owner_id)
    former = {"from_owner_id": str(contract.owner_id), "from_team_id": str(contract.team_id or "")}
    contract.assign(member.user_id, member.team_id)
    await contracts.save(tx, contract)
    tx.emit(events.ContractAssigned(contract=codec.to_message(contract), **former), contract)
    return contract


async def plan_of(tx: Tx, contract_id: UUID) -> list[Instalment]:
    """The instalments of a contract in their order. Refused: NOT_FOUND if the contract is out of sight."""
    await contracts.row(tx, contract_id)
    return await _instalments(tx, contract_id)


async def _instalments(tx: Tx, contract_id: UUID) -> list[Instalment]:
    return [instalment_codec.from_row(row) for row in await tx.fetch(OF_CONTRACT, contract_id=contract_id)]


async def _locked(tx: Tx, contract_id: UUID) -> Agreement:
    contract = await contracts.locked(tx, contract_id)
    return Agreement(contract, await _instalments(tx, contract_id))


async def _must_be_free(tx: Tx, contract: Contract) -> None:
    rows = await tx.fetch(STANDING, ids=[], numbers=[contract.number], deals=[])
    if any(row["id"] != contract.id for row in rows):
        raise ContractNumberTaken(number=contract.number)


def _signing(agreement: Agreement) -> entries.Entry:
    day = agreement.contract.sign_date
    assert day is not None
    return entries.signed(agreement.id, [(one.id, one.amount) for one in agreement.instalments], day)


def _say(tx: Tx, event: Any, agreement: Agreement, day: date | None = None) -> None:
    contract = agreement.contract
    told = event(
        contract=codec.to_message(contract),
        instalments=[instalment_codec.to_message(one) for one in agreement.instalments],
    )
    happened = days.moment(day, tx.now) if day else None
    tx.emit(told, contract, occurred_at=happened)
