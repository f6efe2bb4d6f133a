"""Events of the opportunities service."""

from datetime import UTC, date
from decimal import Decimal
from typing import Any
from uuid import UUID

from dealtrail.opportunities.v1 import deals_pb2, events_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.analytics.days import day_of
from services.analytics.deals import operations
from services.analytics.deals.domain import Deal, Step
from services.analytics.rollups.operations import note
from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("analytics")


@subscriptions.on(events_pb2.DealOpened, events_pb2.DealAdvanced, events_pb2.DealRegressed)
async def entered(tx: Tx, event: Any, envelope: Envelope) -> None:
    """A deal came into a stage."""
    stay = event.to_stage
    await _learn(tx, event.deal, envelope, stay, stay.since, "")


@subscriptions.on(events_pb2.DealWon, events_pb2.DealLost)
async def closed(tx: Tx, event: Any, envelope: Envelope) -> None:
    """A deal ended in a stage."""
    outcome = deals_pb2.Deal.State.Name(event.deal.state)
    await _learn(tx, event.deal, envelope, event.from_stage, event.deal.close_time, outcome)


@subscriptions.on(
    events_pb2.DealTriaged, events_pb2.DealForecastChanged, events_pb2.DealAssigned, events_pb2.DealShared
)
async def changed(tx: Tx, event: Any, envelope: Envelope) -> None:
    """A deal stays where it is, but is worth something else, or another's."""
    await operations.learn(tx, _deal(event.deal, envelope, ()))
    await note(tx, envelope)


async def _learn(
    tx: Tx, deal: deals_pb2.Deal, envelope: Envelope, stay: events_pb2.StageStay, at: Timestamp, outcome: str
) -> None:
    step = Step(deal.version, _day(at), stay.stage, stay.index, stay.expected_days, outcome)
    await operations.learn(tx, _deal(deal, envelope, (step,)))
    await operations.learn_stage(
        tx, deal.process, deal.process_version, stay.stage, stay.index, stay.label, stay.expected_days
    )
    await note(tx, envelope)


def _deal(deal: deals_pb2.Deal, envelope: Envelope, steps: tuple[Step, ...]) -> Deal:
    return Deal(
        id=UUID(deal.id),
        name=deal.name,
        owner_id=UUID(deal.owner_id),
        team_id=UUID(deal.team_id) if deal.team_id else None,
        account_id=UUID(deal.account_id) if deal.account_id else None,
        process=deal.process,
        stage=deal.stage,
        state=deals_pb2.Deal.State.Name(deal.state),
        product=deal.product,
        amount=Decimal(deal.amount.amount) if deal.HasField("amount") else Decimal(0),
        currency=deal.amount.currency,
        open_day=_day(deal.open_time),
        close_day=_day(deal.close_time) if deal.HasField("close_time") else None,
        version=deal.version,
        change_time=envelope.occurred_at.astimezone(UTC),
        steps=steps,
    )


def _day(stamp: Timestamp) -> date:
    return day_of(from_timestamp(stamp))
