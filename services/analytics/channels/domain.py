"""Leads by channel and campaign."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Counted(NamedTuple):
    """Leads of one channel and campaign, and what has become of them."""

    channel: str
    campaign: str
    leads: int
    qualified: int
    converted: int
    discarded: int

    @property
    def conversion_rate(self) -> float | None:
        """The share of the leads that became deals."""
        return self.converted / self.leads if self.leads else None


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
            if not one.leads:
                continue
            channel, campaign = one.channel if self.channel else "", one.campaign if self.campaign else ""
            key = (channel.casefold(), campaign.casefold()) if self.fold else (channel, campaign)
            known = groups.get(key, Counted(channel, campaign, 0, 0, 0, 0))
            groups[key] = add(known, one)
        return sorted(groups.values(), key=lambda one: (-one.leads, one.channel, one.campaign))


def add(one: Counted, other: Counted) -> Counted:
    """Both together, under the name of the first."""
    return Counted(one.channel, one.campaign, *(a + b for a, b in zip(one[2:], other[2:], strict=True)))


def total(counted: Iterable[Counted]) -> Counted:
    """All together."""
    found = Counted("", "", 0, 0, 0, 0)
    for one in counted:
        found = add(found, one)
    return found
