"""What people do with campaigns."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.errors import NotFound
from services.leads.campaigns.domain import Campaign, CampaignNameTaken, UnknownCampaign
from services.leads.campaigns.store import NAMES, campaigns, codec
from services.leads.channels import operations as channels
from services.leads.channels.domain import must_run_forward


async def create(tx: Tx, campaign: Campaign) -> Campaign:
    """Plan a campaign. Refused: CAMPAIGN_NAME_TAKEN, UNKNOWN_CHANNEL, PERIOD_BACKWARDS."""
    must_run_forward(campaign.start_date, campaign.end_date)
    await channels.must_be_in_use(tx, campaign.channel)
    try:
        await tx.begin()
        await campaigns.add(tx, campaign)
    except asyncpg.UniqueViolationError as clash:
        if clash.constraint_name != NAMES:
            raise
        raise CampaignNameTaken(name=campaign.name) from clash
    return _said(tx, campaign)


async def update(tx: Tx, campaign_id: UUID, changes: Mapping[str, Any]) -> Campaign:
    """Set the fields that are given. Refused: PERIOD_BACKWARDS."""
    campaign = await campaigns.locked(tx, campaign_id)
    for name, value in changes.items():
        setattr(campaign, name, value)
    must_run_forward(campaign.start_date, campaign.end_date)
    await campaigns.save(tx, campaign)
    return _said(tx, campaign)


async def known(tx: Tx, campaign_id: UUID) -> Campaign:
    """The campaign that something else names. Refused: UNKNOWN_CAMPAIGN."""
    try:
        return await campaigns.get(tx, campaign_id)
    except NotFound:
        raise UnknownCampaign from None


def _said(tx: Tx, campaign: Campaign) -> Campaign:
    tx.emit(events.CampaignSet(campaign=codec.to_message(campaign)), campaign)
    return campaign
