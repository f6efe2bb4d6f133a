"""Events of the opportunities service."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from dealtrail.opportunities.v1 import deals_pb2, events_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.analytics.days import day_of
from services.analytics.deals import operations
from services.analytics.deals.domain import Deal, StageTold, Step
from services.analytics.rollups.operations import note
from services.kit.codec import from_timestamp, optional_id
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("analytics")
ENTERED = (events_pb2.DealOpened, events_pb2.DealAdvanced, events_pb2.DealRegressed)
CLOSED = (events_pb2.DealWon, events_pb2.DealLost)
CHANGED = (events_pb2.DealTriaged, events_pb2.DealForecastChanged, events_pb2.DealAssigned, events_pb2.DealShared)


@subscriptions.on_many(*ENTERED, *CLOSED, *CHANGED)
async def tell(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Deals came into a stage, ended there, or are worth something else, or another's."""
    stages = [_stage(event.deal, stay) for event, _ in arrived if (stay := _stay(event))]
    await operations.learn(tx, [_deal(event, envelope) for event, envelope in arrived], stages)
    await note(tx, [envelope for _, envelope in arrived])


def _stay(event: Any) -> events_pb2.StageStay | None:
    """The stage that the deal came into, or ended in."""
    if isinstance(event, ENTERED):
        return event.to_stage
    return event.from_stage if isinstance(event, CLOSED) else None


def _stage(deal: deals_pb2.Deal, stay: events_pb2.StageStay) -> StageTold:
    return StageTold(deal.process, deal.process_version, stay.stage, stay.index, stay.label, stay.expected_days)


def _steps(event: Any) -> tuple[Step, ...]:
    stay = _stay(event)
    if stay is None:
        return ()
    ended = isinstance(event, CLOSED)
    day = _day(event.deal.close_time if ended else stay.since)
    outcome = deals_pb2.Deal.State.Name(event.deal.state) if ended else ""
    return (Step(event.deal.version, day, stay.stage, stay.index, stay.expected_days, outcome),)


def _deal(event: Any, envelope: Envelope) -> Deal:
    deal = event.deal
    return Deal(
        id=UUID(deal.id),
        name=deal.name,
        owner_id=UUID(deal.owner_id),
        team_id=UUID(deal.team_id) if deal.team_id else None,
        account_id=optional_id(deal.merged_from or deal.account_id),
        process=deal.process,
        stage=deal.stage,
        state=deals_pb2.Deal.State.Name(deal.state),
        product=deal.product,
        amount=Decimal(deal.amount.amount) if deal.HasField("amount") else Decimal(0),
        currency=deal.amount.currency,
        open_day=_day(deal.open_time),
        close_day=_day(deal.close_time) if deal.HasField("close_time") else None,
        version=deal.version,
        change_time=envelope.occurred_at,
        steps=_steps(event),
    )


def _day(stamp: Timestamp) -> date:
    return day_of(from_timestamp(stamp))
