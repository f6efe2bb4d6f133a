"""A campaign."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.kit.money import Money


class CampaignNameTaken(Refused):
    """Another campaign has that name, by which leads tell them apart."""

    field = "name"
    en = "there is a campaign named {name} already"
    zh = "已有名为 {name} 的活动"


class UnknownCampaign(Invalid):
    """The tenant has no such campaign."""

    field = "campaign_id"
    en = "there is no such campaign"
    zh = "没有这个活动"


@dataclass
class Campaign:
    """An effort to bring leads by one channel, both of its days included."""

    id: UUID
    name: str
    channel: str
    start_date: date
    end_date: date
    cost: Money
    create_time: datetime
    update_time: datetime
    version: int = 1
