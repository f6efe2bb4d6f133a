"""A way by which leads come, and what it has cost."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.kit.money import Money


class UnknownChannel(Refused):
    """The channel is not on the tenant's list, or out of use."""

    field = "channel"
    en = "{name} is not among the channels in use"
    zh = "{name} 不在可用的渠道之中"


class PeriodBackwards(Invalid):
    """A period ends before it begins."""

    field = "end_date"
    en = "the period ends before it begins"
    zh = "结束日期早于开始日期"


@dataclass
class Channel:
    """One way of the tenant's list."""

    name: str
    active: bool = True


@dataclass
class ChannelCost:
    """What a channel has cost in a period, both of its days included."""

    id: UUID
    channel: str
    start_date: date
    end_date: date
    cost: Money
    create_time: datetime
    note: str = ""


PRESET = tuple(
    Channel(name)
    for name in ("微信", "企业微信", "官网", "搜索广告", "信息流广告", "短视频", "展会", "邮件", "电话", "转介绍")
)
"""The shipped list. A tenant's own entry of the same name stands before it."""


def must_run_forward(start: date, end: date) -> None:
    """Refused: PERIOD_BACKWARDS."""
    if end < start:
        raise PeriodBackwards
