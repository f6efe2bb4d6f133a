"""What people do with campaigns."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.errors import NotFound
from services.leads.campaigns.domain import Campaign, CampaignNameTaken, UnknownCampaign
from services.leads.campaigns.store import campaigns, codec
from services.leads.channels import operations as channels
from services.leads.channels.domain import must_run_forward


async def create(tx: Tx, campaign: Campaign) -> Campaign:
    """Plan a campaign. Refused: CAMPAIGN_NAME_TAKEN, UNKNOWN_CHANNEL, PERIOD_BACKWARDS."""
    must_run_forward(campaign.start_date, campaign.end_date)
    await channels.must_be_in_use(tx, campaign.channel)
    # The id is new: what stands in the way is a name.
    if not await campaigns.add_new(tx, [campaign]):
        raise CampaignNameTaken(name=campaign.name)
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
