"""Events of the contracts service."""

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


@subscriptions.on(events_pb2.ContractSigned)
async def signed(tx: Tx, event: events_pb2.ContractSigned, envelope: Envelope) -> None:
    """From now on its instalments are owed."""
    await operations.learn(tx, _contract(event.contract), [_instalment(one) for one in event.instalments])
    await note(tx, envelope)


@subscriptions.on(events_pb2.ContractAssigned)
async def assigned(tx: Tx, event: events_pb2.ContractAssigned, envelope: Envelope) -> None:
    """What is owed counts for the new owner; nothing is owed for a draft."""
    if event.contract.status == contracts_pb2.Contract.SIGNED:
        await operations.learn(tx, _contract(event.contract), ())
    await note(tx, envelope)


@subscriptions.on(events_pb2.ReceiptRecorded, events_pb2.ReceiptApplied)
async def paid(tx: Tx, event: Any, envelope: Envelope) -> None:
    """Instalments are paid."""
    await _learn(tx, event, 1)
    await note(tx, envelope)


@subscriptions.on(events_pb2.ReceiptVoided)
async def voided(tx: Tx, event: Any, envelope: Envelope) -> None:
    """What a receipt had paid is open again, as if it had never come."""
    await _learn(tx, event, -1)
    await note(tx, envelope)


async def _learn(tx: Tx, event: Any, sign: int) -> None:
    payments = [
        Payment(UUID(one.instalment.id), date.fromisoformat(one.effective_date), sign * Decimal(one.amount.amount))
        for one in event.changes
    ]
    await operations.learn(tx, None, [_instalment(one.instalment) for one in event.changes], payments)


def _contract(contract: contracts_pb2.Contract) -> Contract:
    return Contract(
        id=UUID(contract.id),
        number=contract.number,
        account_id=UUID(contract.account_id),
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
