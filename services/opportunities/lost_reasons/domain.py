"""Why a deal may be lost."""

from dataclasses import dataclass

from services.kit.errors import Refused


class UnknownLostReason(Refused):
    """The reason is not on the tenant's list, or out of use."""

    field = "reason"
    en = "{code} is not among the reasons in use"
    zh = "{code} 不在可用的丢单原因之中"


@dataclass
class LostReason:
    """One reason of the tenant's list."""

    code: str
    label: str
    active: bool = True


PRESET = (
    LostReason("PRICE", "价格过高"),
    LostReason("COMPETITOR", "输给竞争对手"),
    LostReason("NO_BUDGET", "预算取消或不足"),
    LostReason("NO_DECISION", "客户搁置，没有决策"),
    LostReason("NO_NEED", "需求消失"),
    LostReason("NOT_FITTING", "产品或方案不满足需求"),
    LostReason("RELATIONSHIP", "关键人关系不到位"),
    LostReason("TOO_LATE", "介入太晚"),
)
"""The shipped list. A tenant's own entry of the same code stands before it."""
