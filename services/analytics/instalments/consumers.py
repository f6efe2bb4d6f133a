"""Events of the contracts service."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from dealtrail.contracts.v1 import contracts_pb2, events_pb2

from services.analytics.days import FOREVER
from services.analytics.instalments import operations
from services.analytics.instalments.domain import Contract, Instalment, Payment
from services.analytics.rollups.operations import note
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("analytics")
OF_CONTRACT = (events_pb2.ContractSigned, events_pb2.ContractAssigned)
OF_RECEIPT = (events_pb2.ReceiptRecorded, events_pb2.ReceiptApplied, events_pb2.ReceiptVoided)


@subscriptions.on_many(*OF_CONTRACT, *OF_RECEIPT)
async def tell(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Contracts were signed or handed over, instalments paid, or payments taken back as if they had never come."""
    events = [event for event, _ in arrived]
    contracts = [_contract(event.contract) for event in events if isinstance(event, OF_CONTRACT) and _signed(event)]
    instalments = [one for event in events for one in _instalments(event)]
    payments = [one for event in events if isinstance(event, OF_RECEIPT) for one in _payments(event)]
    await operations.learn(tx, contracts, instalments, payments)
    await note(tx, [envelope for _, envelope in arrived])


def _signed(event: Any) -> bool:
    """Nothing is owed for a draft, whoever is its owner."""
    return bool(event.contract.status == contracts_pb2.Contract.SIGNED)


def _instalments(event: Any) -> Iterator[Instalment]:
    if isinstance(event, OF_RECEIPT):
        yield from (_instalment(change.instalment) for change in event.changes)
    elif isinstance(event, events_pb2.ContractSigned):
        yield from (_instalment(instalment) for instalment in event.instalments)


def _payments(event: Any) -> Iterator[Payment]:
    sign = -1 if isinstance(event, events_pb2.ReceiptVoided) else 1
    for change in event.changes:
        day = date.fromisoformat(change.effective_date)
        yield Payment(UUID(change.instalment.id), day, sign * Decimal(change.amount.amount))


def _contract(contract: contracts_pb2.Contract) -> Contract:
    return Contract(
        id=UUID(contract.id),
        number=contract.number,
        account_id=UUID(contract.merged_from or contract.account_id),
        owner_id=UUID(contract.owner_id),
        team_id=UUID(contract.team_id) if contract.team_id else None,
        sign_day=date.fromisoformat(contract.sign_date),
        version=contract.version,
    )


def _instalment(instalment: contracts_pb2.Instalment) -> Instalment:
    return Instalment(
        id=UUID(instalment.id),
        contract_id=UUID(instalment.contract_id),
        due_day=date.fromisoformat(instalment.due_date) if instalment.due_date else FOREVER,
        amount=Decimal(instalment.amount.amount),
        currency=instalment.amount.currency,
        version=instalment.version,
    )
