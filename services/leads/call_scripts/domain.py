"""Scripts for the phone, and which one is to be used."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.kit.errors import Invalid
from services.kit.money import Money


class CurrenciesDiffer(Invalid):
    """The two ends of a range of order sizes are in two currencies."""

    field = "below_amount"
    en = "both amounts must be in one currency"
    zh = "两个金额的币种必须一致"


class SizeBackwards(Invalid):
    """No order is of that size."""

    field = "below_amount"
    en = "below_amount must be above from_amount"
    zh = "订单金额上限必须大于下限"


class AmountWithoutCurrency(Invalid):
    """An amount has no currency, or a currency no amount."""

    field = "currency"
    en = "an amount and its currency are given together"
    zh = "金额与币种须同时给出"


@dataclass(frozen=True)
class ScriptSection:
    """A part of a script."""

    title: str
    text: str


@dataclass(frozen=True)
class ScriptFinding:
    """Whether a script fits an order size and a class."""

    code: str
    version: int
    size_fits: bool
    class_fits: bool


@dataclass(frozen=True)
class CallScript:
    """One version of what to say, and for whom. It never changes."""

    code: str
    label: str
    sections: tuple[ScriptSection, ...]
    priority: int = 100
    from_amount: Money | None = None
    below_amount: Money | None = None
    quintiles: list[int] = field(default_factory=list)
    must_rehearse: bool = False
    active: bool = True
    version: int = 0
    created_by: UUID | None = None
    create_time: datetime | None = None

    def check(self) -> None:
        """Refused: CURRENCIES_DIFFER, SIZE_BACKWARDS."""
        if self.from_amount is not None and self.below_amount is not None:
            if self.from_amount.currency != self.below_amount.currency:
                raise CurrenciesDiffer
            if self.below_amount <= self.from_amount:
                raise SizeBackwards

    def judged(self, amount: Money | None, quintile: int) -> ScriptFinding:
        """Whether it is meant for orders of that size, None being not known, and for that class, 0 being none."""
        return ScriptFinding(
            self.code, self.version, self._fits(amount), not self.quintiles or quintile in self.quintiles
        )

    def _fits(self, amount: Money | None) -> bool:
        ends = [one for one in (self.from_amount, self.below_amount) if one is not None]
        if not ends:
            return True
        if amount is None or any(one.currency != amount.currency for one in ends):
            return False
        if self.from_amount is not None and amount < self.from_amount:
            return False
        return self.below_amount is None or amount < self.below_amount


GENERAL = CallScript(
    "GENERAL",
    "通用话术",
    (
        ScriptSection("开场白", "您好，我是{公司}的{姓名}，耽误您两分钟，方便吗？"),
        ScriptSection("说明来意", "我们为与贵公司同类的客户解决{问题}，想了解您目前的做法。"),
        ScriptSection("提问", "目前由谁负责？最不满意的是什么？今年是否有预算和计划？"),
        ScriptSection("约定下一步", "我把资料发给您，{日期}再与您确认，可以吗？"),
    ),
    priority=1001,
)
"""What ships, for everybody for whom nothing else is meant."""


def in_order(scripts: Iterable[CallScript]) -> list[CallScript]:
    """The scripts as they are tried; what ships comes last."""
    return [*sorted(scripts, key=lambda one: (one.priority, one.code)), GENERAL]


def choose(
    scripts: Iterable[CallScript], amount: Money | None, quintile: int
) -> tuple[CallScript, tuple[ScriptFinding, ...]]:
    """The first active script that fits, and what was found of all that were tried."""
    findings = []
    for script in in_order(one for one in scripts if one.active):
        finding = script.judged(amount, quintile)
        findings.append(finding)
        if finding.size_fits and finding.class_fits:
            return script, tuple(findings)
    raise AssertionError("what ships fits everybody")
