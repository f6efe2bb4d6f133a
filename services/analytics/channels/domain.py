"""Leads by channel and campaign."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

NOTHING = Decimal(0)


class Counted(NamedTuple):
    """Leads of one channel and campaign, what has become of them, and what they have cost."""

    channel: str
    campaign: str
    leads: int
    qualified: int
    converted: int
    discarded: int
    signed: int = 0
    cost: Decimal = NOTHING

    @property
    def conversion_rate(self) -> float | None:
        """The share of the leads that were converted."""
        return self.converted / self.leads if self.leads else None

    @property
    def cost_per_lead(self) -> Decimal | None:
        """CPL: cost / leads."""
        return self.cost / self.leads if self.leads and self.cost else None

    @property
    def cost_per_signed(self) -> Decimal | None:
        """CAC: cost / leads whose deal was won."""
        return self.cost / self.signed if self.signed and self.cost else None


@dataclass(frozen=True)
class Cost:
    """What a channel, or one of its campaigns, costs over some days, evenly; `end` is the day after the last."""

    id: UUID
    channel: str
    campaign: str
    start: date
    end: date
    amount: Decimal
    currency: str
    version: int


@dataclass(frozen=True)
class Grouping:
    """What is told apart, and whether names that differ in case alone are one."""

    channel: bool
    campaign: bool
    fold: bool

    def gather(self, counted: Iterable[Counted]) -> list[Counted]:
        """The groups, the one of the most leads first. A folded group goes by the spelling of the most leads."""
        groups: dict[tuple[str, str], Counted] = {}
        for one in sorted(counted, key=lambda one: (-one.leads, one.channel, one.campaign)):
            if not any(one[2:]):
                continue
            channel, campaign = one.channel if self.channel else "", one.campaign if self.campaign else ""
            key = (channel.casefold(), campaign.casefold()) if self.fold else (channel, campaign)
            known = groups.get(key, Counted(channel, campaign, 0, 0, 0, 0))
            groups[key] = add(known, one)
        return sorted(groups.values(), key=lambda one: (-one.leads, one.channel, one.campaign))


def add(one: Counted, other: Counted) -> Counted:
    """Both together, under the name of the first."""
    both: Iterable[tuple[Any, Any]] = zip(one[2:], other[2:], strict=True)
    return Counted(one.channel, one.campaign, *(a + b for a, b in both))


def total(counted: Iterable[Counted]) -> Counted:
    """All together."""
    found = Counted("", "", 0, 0, 0, 0)
    for one in counted:
        found = add(found, one)
    return found
