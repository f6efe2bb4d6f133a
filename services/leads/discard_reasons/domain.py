"""Why a lead may be given up."""

from dataclasses import dataclass

from services.kit.errors import Refused


class UnknownDiscardReason(Refused):
    """The reason is not on the tenant's list, or out of use."""

    field = "reason"
    en = "{code} is not among the reasons in use"
    zh = "{code} 不在可用的放弃原因之中"


@dataclass
class DiscardReason:
    """One reason of the tenant's list."""

    code: str
    label: str
    active: bool = True
    second_look: bool = False
    """Whether a manager looks at each lead before it is given up for this reason."""


PRESET = (
    DiscardReason("NO_NEED", "没有需求"),
    DiscardReason("NO_BUDGET", "没有预算"),
    DiscardReason("NO_CONTACT", "无法联系"),
    DiscardReason("NOT_OUR_MARKET", "不属于目标市场"),
    DiscardReason("CHOSE_COMPETITOR", "已选择竞争对手"),
    DiscardReason("DUPLICATE", "重复线索"),
    DiscardReason("JUNK", "无效信息"),
)
"""The shipped list. A tenant's own entry of the same code stands before it."""
