"""A plan by which leads are nurtured."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.leads.temperatures.domain import Temperature

VISIT = "VISIT"
"""The category of the catalogue of which a touch goes neither in nor out: people meet."""


class CadenceTwice(Invalid):
    """Two cadences of a plan are for one temperature."""

    field = "cadences"
    en = "there are two cadences for {temperature}"
    zh = "温度 {temperature} 有两套培育节奏"


class TouchesOutOfOrder(Invalid):
    """A touch stands before one that is due earlier."""

    field = "cadences"
    en = "the touches for {temperature} must stand in the order of their days"
    zh = "温度 {temperature} 的培育步骤须按天数先后排列"


class KindNotInUse(Invalid):
    """The catalogue of touchpoint kinds has no such kind, or it is out of use."""

    field = "cadences"
    en = "{kind} is not among the kinds of touchpoints in use"
    zh = "{kind} 不在可用的接触点类型之中"


class NoPlanShips(Refused):
    """Nothing ships under that code."""

    field = "cadences"
    en = "no plan ships as {code}; give its cadences"
    zh = "没有预置的培育计划 {code}，请给出培育节奏"


@dataclass(frozen=True)
class Touch:
    """One touch: on which working day after the cadence began, of which kind, and what to say."""

    day: int
    kind: str
    script_zh: str = ""
    script_en: str = ""
    category: str = "COMMUNICATION"
    """That of the kind in the catalogue, as it was when the plan was published."""


@dataclass(frozen=True)
class Cadence:
    """The touches for leads of one temperature, in their order."""

    temperature: Temperature
    touches: tuple[Touch, ...]


@dataclass(frozen=True)
class NurturePlan:
    """One version of a plan. It never changes."""

    code: str
    label: str
    cadences: tuple[Cadence, ...]
    by_rule: bool = False
    """Whether leads are enrolled in it as soon as somebody says how warm they are."""
    active: bool = True
    version: int = 0
    created_by: UUID | None = None
    create_time: datetime | None = None

    def __post_init__(self) -> None:
        """Refused: CADENCE_TWICE, TOUCHES_OUT_OF_ORDER."""
        known = set()
        for cadence in self.cadences:
            if cadence.temperature in known:
                raise CadenceTwice(temperature=cadence.temperature)
            known.add(cadence.temperature)
            days = [touch.day for touch in cadence.touches]
            if days != sorted(days):
                raise TouchesOutOfOrder(temperature=cadence.temperature)

    def touches(self, temperature: Temperature) -> tuple[Touch, ...]:
        """The touches for leads of that temperature; none if the plan does nothing for them."""
        return next((one.touches for one in self.cadences if one.temperature is temperature), ())

    def kinds(self) -> Collection[str]:
        """The kinds of all its touches."""
        return {touch.kind for cadence in self.cadences for touch in cadence.touches}


_INTRODUCE = Touch(0, "WECHAT", "自我介绍并发送公司与产品资料", "Introduce yourself; send our profile")
_CASE = Touch(10, "EMAIL", "分享同行业客户案例", "Share a case of their own trade", "COMMUNICATION")
_CALL = Touch(20, "PHONE", "了解近期需求与计划是否有变化", "Ask whether needs and plans have changed")
_NEED = Touch(0, "PHONE", "确认需求、预算与时间", "Confirm need, budget and time")
_OFFER = Touch(3, "PRODUCT_INTRODUCTION", "按需求发送产品介绍", "Send the introduction that fits the need", "DOCUMENT")
_DEMO = Touch(7, "MEETING", "邀请参加演示会", "Invite them to a demonstration", VISIT)
_DECIDE = Touch(0, "PHONE", "约见决策人", "Arrange to meet who decides")
_VISIT = Touch(2, "ON_SITE_VISIT", "上门拜访决策人", "Visit who decides", VISIT)
_QUOTE = Touch(4, "QUOTE", "提交报价并约定答复时间", "Hand in the quote; agree on a day for the answer", "DOCUMENT")
STANDARD = NurturePlan(
    "STANDARD",
    "标准培育",
    (
        Cadence(Temperature.COLD, (_INTRODUCE, _CASE, _CALL)),
        Cadence(Temperature.WARM, (_NEED, _OFFER, _DEMO)),
        Cadence(Temperature.HOT, (_DECIDE, _VISIT, _QUOTE)),
    ),
)
"""What ships: leads are enrolled in it by hand. A tenant's own plan of that code stands before it."""
