"""Leads of a group by what they were judged to be."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

BANDS = 10
"""Scores are told in this many bands of ten points; the last holds 100 as well."""


class Counted(NamedTuple):
    """Leads of one group with scores of one band; of band None if nobody judged them."""

    key: str
    band: int | None
    leads: int
    qualified: int
    score: int
    """Their scores added up."""


class Waited(NamedTuple):
    """How long leads of one group waited for the first touch, in seconds, and how many ran beyond a limit."""

    key: str = ""
    answered: int = 0
    p50_s: float | None = None
    p90_s: float | None = None
    working_p50_s: float | None = None
    working_p90_s: float | None = None
    limited: int = 0
    breached: int = 0
    silent: int = 0

    @property
    def breach_rate(self) -> float | None:
        """The share of the leads with a limit that passed it before the first touch."""
        return self.breached / self.limited if self.limited else None


NOBODY_WAITED = Waited()


@dataclass
class Group:
    """All leads of one group."""

    key: str
    discovered: int = 0
    qualified: int = 0
    judged: int = 0
    score: int = 0
    bands: list[int] = field(default_factory=lambda: [0] * BANDS)
    waited: Waited = NOBODY_WAITED

    def add(self, counted: Counted) -> None:
        """Count more leads."""
        self.discovered += counted.leads
        self.qualified += counted.qualified
        if counted.band is not None:
            self.judged += counted.leads
            self.score += counted.score
            self.bands[counted.band] += counted.leads

    @property
    def qualified_ratio(self) -> float | None:
        """The share of the leads that was judged worth pursuing."""
        return self.qualified / self.discovered if self.discovered else None

    @property
    def silent_loss(self) -> float | None:
        """The share of the leads that is undecided past its limit."""
        return self.waited.silent / self.discovered if self.discovered else None

    @property
    def mean_score(self) -> float | None:
        """The mean score of those that were judged."""
        return self.score / self.judged if self.judged else None


def gather(
    counted: Iterable[Counted], waited: Iterable[Waited] = (), all_waited: Waited = NOBODY_WAITED
) -> tuple[list[Group], Group]:
    """The groups, the one of the most leads first, and all together."""
    groups: dict[str, Group] = {}
    total = Group("", waited=all_waited)
    for one in counted:
        groups.setdefault(one.key, Group(one.key)).add(one)
        total.add(one)
    for wait in waited:
        if wait.key in groups:
            groups[wait.key].waited = wait
    return sorted(groups.values(), key=lambda group: (-group.discovered, group.key)), total
