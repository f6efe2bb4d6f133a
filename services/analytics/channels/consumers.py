"""Events of the leads service that tell what channels and campaigns cost."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2

from services.analytics.channels import operations
from services.analytics.channels.domain import Cost
from services.analytics.days import DAY
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions

subscriptions = Subscriptions("analytics")


@subscriptions.on(events_pb2.CampaignSet)
async def hear_of_campaign(tx: Tx, event: Any, _: Envelope) -> None:
    """A campaign costs what it costs over its own days."""
    campaign = event.campaign
    await operations.learn(tx, _cost(campaign, campaign.name, campaign.version))


@subscriptions.on(events_pb2.ChannelCostRecorded)
async def hear_of_cost(tx: Tx, event: Any, _: Envelope) -> None:
    """A channel costs something beside its campaigns."""
    await operations.learn(tx, _cost(event.channel_cost, "", 1))


def _cost(told: Any, campaign: str, version: int) -> Cost:
    return Cost(
        id=UUID(told.id),
        channel=told.channel,
        campaign=campaign,
        start=date.fromisoformat(told.start_date),
        end=date.fromisoformat(told.end_date) + DAY,
        amount=Decimal(told.cost.amount),
        currency=told.cost.currency,
        version=version,
    )
