"""Steps of nurturing plans and temperatures as events tell of them, and both counted by group."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

RANKS = {"COLD": 1, "WARM": 2, "HOT": 3}
"""From the coldest to the hottest, which cannot rise."""
HOTTEST = max(RANKS.values())
DONE = ("DONE", "ANSWERED")
PLANNED = ("PLANNED", *DONE, "SKIPPED", "MISSED")
"""What counts as planned: not what rests, nor what need not be done any more."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step at the newest known version of its enrolment."""

    id: UUID
    version: int
    lead_id: UUID
    kind: str
    due_day: date
    state: str


@dataclass(frozen=True, slots=True)
class Reading:
    """That a lead was of that temperature from then on, at that version of the lead."""

    lead_id: UUID
    version: int
    set_time: datetime
    rank: int


class Steps(NamedTuple):
    """Steps of one group that fell due in a period."""

    key: str
    planned: int = 0
    done: int = 0
    answered: int = 0
    skipped: int = 0
    missed: int = 0
    overdue: int = 0


class Warmth(NamedTuple):
    """Leads of one group that could rise in a period, and those that did."""

    key: str
    rated: int = 0
    warmed: int = 0


class Group(NamedTuple):
    """Both of one group."""

    steps: Steps
    warmth: Warmth

    @property
    def key(self) -> str:
        """The group."""
        return self.steps.key

    @property
    def done_rate(self) -> float | None:
        """The share of the planned steps that was made."""
        return self.steps.done / self.steps.planned if self.steps.planned else None

    @property
    def warm_up_rate(self) -> float | None:
        """The share of the leads that could rise whose temperature rose."""
        return self.warmth.warmed / self.warmth.rated if self.warmth.rated else None


def gather(steps: Iterable[Steps], warmth: Iterable[Warmth]) -> tuple[list[Group], Group]:
    """The groups, the one of the most planned steps first, and all together."""
    made, warmed = {one.key: one for one in steps}, {one.key: one for one in warmth}
    groups = [Group(made.get(key, Steps(key)), warmed.get(key, Warmth(key))) for key in made.keys() | warmed.keys()]
    total = Group(Steps("", *_sums(made.values(), Steps)), Warmth("", *_sums(warmed.values(), Warmth)))
    return sorted(groups, key=lambda one: (-one.steps.planned, -one.warmth.rated, one.key)), total


def _sums(rows: Iterable[tuple[str | int, ...]], kind: type[Steps] | type[Warmth]) -> list[int]:
    counted = list(rows)
    return [sum(int(row[n]) for row in counted) for n in range(1, len(kind._fields))]
