"""The growth formula of a period, its exact decomposition between two, and its groups."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from math import log
from typing import NamedTuple

FACTORS = ("opened", "win_rate", "average_amount", "cycle_days")


class Missing(StrEnum):
    """Why the formula has no value."""

    NOTHING_OPENED = "NOTHING_OPENED"
    NOTHING_CLOSED = "NOTHING_CLOSED"
    NOTHING_WON = "NOTHING_WON"
    NO_AMOUNT = "NO_AMOUNT"
    NO_CYCLE = "NO_CYCLE"


class Counted(NamedTuple):
    """Deals of one group that were opened, won or lost (`flow`)."""

    group: str
    flow: str
    currency: str
    deals: int
    amount: Decimal
    days: int


@dataclass
class Figures:
    """What was opened, won and lost, and what follows from it."""

    opened: int = 0
    won: int = 0
    lost: int = 0
    won_amount: Decimal = Decimal(0)
    won_days: int = 0

    def add(self, counted: Counted) -> None:
        """Put more deals to it."""
        if counted.flow == "OPENED":
            self.opened += counted.deals
        elif counted.flow == "LOST":
            self.lost += counted.deals
        else:
            self.won += counted.deals
            self.won_amount += counted.amount
            self.won_days += counted.days

    @property
    def win_rate(self) -> float | None:
        """CR: the share of the closed deals that was won."""
        return self.won / (self.won + self.lost) if self.won + self.lost else None

    @property
    def average_amount(self) -> float | None:
        """AOV: what a won deal brought."""
        return float(self.won_amount) / self.won if self.won else None

    @property
    def cycle_days(self) -> float | None:
        """T: the mean number of days from opening to winning."""
        return self.won_days / self.won if self.won else None

    @property
    def velocity(self) -> float | None:
        """V: money a day."""
        if self.missing:
            return None
        assert self.win_rate is not None
        assert self.average_amount is not None
        assert self.cycle_days is not None
        return self.opened * self.win_rate * self.average_amount / self.cycle_days

    @property
    def missing(self) -> list[Missing]:
        """Why there is no velocity; empty if there is."""
        found = [] if self.opened else [Missing.NOTHING_OPENED]
        if not self.won + self.lost:
            found.append(Missing.NOTHING_CLOSED)
        if not self.won:
            return [*found, Missing.NOTHING_WON]
        if not self.won_amount:
            found.append(Missing.NO_AMOUNT)
        if not self.won_days:
            found.append(Missing.NO_CYCLE)
        return found


def log_change(now: Figures, then: Figures) -> dict[str, float] | None:
    """By what each factor moved the logarithm of velocity: velocity is exactly the sum of the others.

    None if a factor is missing in either period: a logarithm of nothing does not exist.
    """
    if now.missing or then.missing:
        return None
    parts = {name: log(getattr(now, name) / getattr(then, name)) for name in FACTORS}
    parts["cycle_days"] = -parts["cycle_days"]
    return {"velocity": sum(parts.values())} | parts


def relative_change(now: Figures, then: Figures) -> dict[str, float]:
    """(now - then) / then for velocity and each factor, where both are there and the base is not 0."""
    found = {}
    for name in ("velocity", *FACTORS):
        new, base = getattr(now, name), getattr(then, name)
        if new is not None and base:
            found[name] = (new - base) / base
    return found


def leading_currency(counted: Iterable[Counted]) -> tuple[str, list[str]]:
    """The currency of the most deals, and the others that there are."""
    deals: dict[str, int] = {}
    for one in counted:
        if one.currency and one.deals:
            deals[one.currency] = deals.get(one.currency, 0) + one.deals
    ranked = sorted(deals, key=lambda currency: (-deals[currency], currency))
    return (ranked[0], ranked[1:]) if ranked else ("", [])


def figures(counted: Iterable[Counted], currency: str) -> Figures:
    """The figures of all groups. Deals without an amount count with every currency."""
    return sum_by_group((one._replace(group="") for one in counted), currency).get("", Figures())


def sum_by_group(counted: Iterable[Counted], currency: str) -> dict[str, Figures]:
    """The figures of each group."""
    groups: dict[str, Figures] = {}
    for one in counted:
        if one.deals and one.currency in ("", currency):
            groups.setdefault(one.group, Figures()).add(one)
    return groups


def quarter_of(month: date) -> str:
    """Such as "2017-Q1"."""
    return f"{month.year}-Q{(month.month + 2) // 3}"
