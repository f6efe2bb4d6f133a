"""A funnel as counted: its stages, its flow, its form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from services.analytics.days import DAY, Grain, Period
from services.analytics.deals.domain import FACTORS, GRAINS, State

OPEN_STATES = (State.INFLOW, State.ADVANCED, State.MOVED_BACK, State.STALLED, State.NORMAL)


class Form(StrEnum):
    """What a funnel looks like."""

    EMPTY = "EMPTY"
    STANDARD = "STANDARD"
    BULGING = "BULGING"
    INVERTED = "INVERTED"


class Counted(NamedTuple):
    """Deals of one stage to which the same happened. `state` is as the sums have it."""

    process: str
    stage: str
    state: str
    currency: str
    deals: int
    amount: Decimal


class StageOf(NamedTuple):
    """A stage as the newest version of its process has it."""

    stage: str
    label: str
    place: int
    expected_days: int


@dataclass
class Heap:
    """A number of deals, and what they are worth in each currency."""

    deals: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add(self, counted: Counted) -> None:
        """Put more deals on it."""
        self.deals += counted.deals
        if counted.currency:
            self.amounts[counted.currency] = self.amounts.get(counted.currency, Decimal(0)) + counted.amount


@dataclass
class Flow:
    """How the number of open deals came about: open_to = open_from + inflow - won - lost."""

    open_from: int = 0
    inflow: int = 0
    won: int = 0
    lost: int = 0
    open_to: int = 0

    @property
    def win_rate(self) -> float | None:
        """The share of the closed deals that was won."""
        return self.won / (self.won + self.lost) if self.won + self.lost else None


@dataclass
class Funnel:
    """The deals of one process, by stage and state."""

    process: str
    flow: Flow
    states: dict[str, dict[State, Heap]]
    open: dict[str, Heap]
    others: list[str]


def calendar_part(period: Period, today: date) -> tuple[Grain, Period] | None:
    """The calendar week, month, quarter or year that the period is, or has been so far.

    Nothing happens after `today`, so that a period up to then counts what the whole of it counts.
    """
    for grain in GRAINS:
        whole = Period(period.start, grain.next(period.start))
        so_far = today < period.end <= whole.end
        if grain.start(period.start) == period.start and (period.end == whole.end or so_far):
            return grain, whole
    return None


def up_to_now(period: Period, today: date) -> Period:
    """The period without the days that are still to come, unless all of it is."""
    end = min(period.end, today + DAY)
    return Period(period.start, end) if period.start < end else period


def gather(counted: Iterable[Counted], process: str, factor: float) -> Funnel:
    """The funnel of the process; of the one with the most deals if it is empty."""
    by_process: dict[str, list[Counted]] = {}
    for one in counted:
        if one.deals:
            by_process.setdefault(one.process, []).append(one)
    sizes = {name: sum(one.deals for one in found) for name, found in by_process.items()}
    chosen = process or max(sorted(sizes), key=sizes.__getitem__, default="")
    funnel = Funnel(chosen, Flow(), {}, {}, sorted(set(sizes) - {chosen}))
    for one in by_process.get(chosen, ()):
        _count(funnel, one, factor)
    return funnel


def _count(funnel: Funnel, one: Counted, factor: float) -> None:
    state, came_in = _state(one.state, factor)
    flow = funnel.flow
    funnel.states.setdefault(one.stage, {}).setdefault(state, Heap()).add(one)
    if came_in:
        flow.inflow += one.deals
    else:
        flow.open_from += one.deals
    if state is State.WON:
        flow.won += one.deals
    elif state is State.LOST:
        flow.lost += one.deals
    else:
        flow.open_to += one.deals
        funnel.open.setdefault(one.stage, Heap()).add(one)


def _state(kept: str, factor: float) -> tuple[State, bool]:
    """The state for this stall factor, and whether the deals came in within the period."""
    if kept.startswith("RESTED_"):
        overrun = int(kept.removeprefix("RESTED_")) > FACTORS.index(factor)
        return (State.STALLED if overrun else State.NORMAL), False
    state = State(kept.removesuffix("_NEW"))
    return state, state is State.INFLOW or kept.endswith("_NEW")


def shape(counts: Sequence[tuple[str, int]]) -> tuple[Form, str]:
    """The form of open deals by stage, in the order of the stages, and the stage that bulges."""
    if not any(deals for _, deals in counts):
        return Form.EMPTY, ""
    rises = [(deals - before, stage) for (_, before), (stage, deals) in pairwise(counts)]
    rise, bulge = max(rises, key=lambda one: one[0], default=(0, ""))
    if rise <= 0:
        return Form.STANDARD, ""
    last = counts[-1][1]
    inverted = all(deals < last for _, deals in counts[:-1])
    return (Form.INVERTED if inverted else Form.BULGING), bulge
