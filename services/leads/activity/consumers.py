"""What the leads service hears of its accounts: that they were met, that they signed."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from dealtrail.contracts.v1 import events_pb2 as contracts
from dealtrail.timeline.v1 import events_pb2 as timeline
from dealtrail.timeline.v1 import touchpoint_kinds_pb2 as kinds

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.kit.money import Money
from services.leads.activity import operations

subscriptions = Subscriptions("leads")


@subscriptions.on(timeline.TouchpointRecorded, timeline.TouchpointCorrected)
async def meet(tx: Tx, event: Any, envelope: Envelope) -> None:
    """Note when a customer was met, unless the touchpoint is with a lead that is none yet."""
    touchpoint = event.touchpoint
    if touchpoint.account_id:
        await operations.met(
            tx,
            envelope.aggregate_id,
            UUID(touchpoint.account_id),
            touchpoint.kind,
            kinds.TouchpointKind.Category.Name(touchpoint.category),
            from_timestamp(touchpoint.occurred_time),
            envelope.version,
        )


@subscriptions.on(contracts.ContractSigned)
async def sign(tx: Tx, event: Any, envelope: Envelope) -> None:
    """Note what a customer signed for."""
    contract = event.contract
    amount = Money(Decimal(contract.amount.amount or 0), contract.amount.currency or "CNY")
    day = date.fromisoformat(contract.sign_date)
    lines = [(one.product_code, Decimal(one.amount.amount or 0)) for one in contract.lines]
    account_id = UUID(contract.merged_from or contract.account_id)
    await operations.signed(tx, envelope.aggregate_id, account_id, amount, day, envelope.occurred_at, lines)


@subscriptions.on(contracts.ContractCancelled)
async def cancel(tx: Tx, _: Any, envelope: Envelope) -> None:
    """Let go of a contract that was cancelled."""
    await operations.cancelled(tx, envelope.aggregate_id)
