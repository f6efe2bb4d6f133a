"""A deal as events tell of it, in whatever order they arrive, and what it adds to the sums."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.analytics.days import FOREVER, Grain, Period
from services.analytics.rollups.domain import NOTHING, Cell, Share, Sums

GRAINS = (Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR)
"""The calendar periods for which the states of deals are kept as sums."""
FACTORS = (1, 1.5, 2, 3)
"""How many times its expected days a deal may stand still; for these factors, sums are kept."""
MOVED, OPEN, WON, LOST = "MOVED", "OPEN", "WON", "LOST"
RESTING, RESTING_BY_MONTH = "RESTING", "RESTING_BY_MONTH"
"""Series of deals that stand still, by the day on which they came into their stage, and by its month."""


class State(StrEnum):
    """What became of a deal within a period: the first that fits."""

    WON = "WON"
    LOST = "LOST"
    INFLOW = "INFLOW"
    ADVANCED = "ADVANCED"
    MOVED_BACK = "MOVED_BACK"
    STALLED = "STALLED"
    NORMAL = "NORMAL"


class Step(NamedTuple):
    """One entry into a stage, or the end of a deal there (`outcome` WON or LOST), at a version of the deal."""

    version: int
    day: date
    stage: str
    place: int
    expected_days: int
    outcome: str = ""


class StageTold(NamedTuple):
    """What a process version says of a stage."""

    process: str
    process_version: int
    stage: str
    place: int
    label: str
    expected_days: int


class Span(NamedTuple):
    """One stay in a stage. It is open there on days after `entered`, up to `left`, as they begin.

    `outcome` is how it left: MOVED, WON or LOST; empty while it is there, and `left` is FOREVER then.
    """

    seq: int
    stage: str
    place: int
    expected_days: int
    entered: date
    left: date = FOREVER
    outcome: str = ""

    def open_at(self, start: date) -> bool:
        """Whether the deal stood there when the day began."""
        return self.entered < start <= self.left

    def overrun(self, day: date, factor: float) -> bool:
        """Whether on that day it has stood there for longer than `factor` times what is expected."""
        return self.expected_days > 0 and (day - self.entered).days > factor * self.expected_days


@dataclass(frozen=True, slots=True)
class Deal:
    """What is known of a deal: as it stands at its newest known version, and all steps that were told."""

    id: UUID
    name: str
    owner_id: UUID
    team_id: UUID | None
    account_id: UUID | None
    process: str
    stage: str
    state: str
    product: str
    amount: Decimal
    currency: str
    open_day: date
    close_day: date | None
    version: int
    change_time: datetime
    steps: tuple[Step, ...] = ()

    def merged(self, told: "Deal") -> "Deal":
        """What is known once `told` is, too: the same for every order and repetition of telling."""
        newer = max(self, told, key=lambda deal: (deal.version, deal.change_time))
        return replace(newer, steps=tuple(sorted({*self.steps, *told.steps})))

    def with_team_of(self, teams: Mapping[UUID, UUID | None]) -> "Deal":
        """The same with the team where its owner works now, if that is among `teams`."""
        return replace(self, team_id=teams.get(self.owner_id, self.team_id))


def spans(steps: Sequence[Step]) -> list[Span]:
    """The stays that the steps make. A step whose predecessors are not known yet is taken as it is."""
    found: list[Span] = []
    day = date.min
    for step in sorted(steps):
        day = max(day, step.day)
        here = found[-1] if found else None
        if here and here.outcome:
            break
        if step.outcome:
            came = here or Span(0, step.stage, step.place, step.expected_days, day)
            found[-1:] = [came._replace(left=day, outcome=step.outcome)]
        elif here is None or here.stage != step.stage:
            if here:
                found[-1] = here._replace(left=day, outcome=MOVED)
            found.append(Span(len(found), step.stage, step.place, step.expected_days, day))
    return found


class Became(NamedTuple):
    """What became of a deal in a period: the stay that it ended in, its state, and whether it came in within it."""

    span: Span
    state: State
    came_in: bool


def became(stays: Sequence[Span], period: Period, factor: float) -> Became | None:
    """What became of the deal in the period; None if it was not in the funnel then."""
    start, end = period.start, period.end
    began = next((span for span in stays if span.open_at(start)), None)
    for span in stays:
        if span.open_at(end):
            return Became(span, _state(began, span, end, factor), began is None)
        if span.outcome in (WON, LOST) and start <= span.left < end:
            return Became(span, State(span.outcome), began is None)
    return None


def _state(began: Span | None, ended: Span, end: date, factor: float) -> State:
    if began is None:
        return State.INFLOW
    if ended.place != began.place:
        return State.ADVANCED if ended.place > began.place else State.MOVED_BACK
    return State.STALLED if began is ended and ended.overrun(end, factor) else State.NORMAL


def share(deal: Deal | None) -> Share:
    """What the deal adds to the sums of its owner, for all products and for its own.

    A cell is series, product, start, process, stage, state, expected days, currency; its sums are
    deals, amount, days from opening to closing.
    """
    if deal is None:
        return NOTHING
    cells: dict[Cell, Sums] = {}
    for series, start, stage, state, expected, days in (*_flows(deal), *_states(spans(deal.steps))):
        tail = (start, deal.process, stage, state, expected, deal.currency)
        for cell in ((series, "", *tail), (f"{series}_BY_PRODUCT", deal.product, *tail)):
            cells[cell] = (1, deal.amount, days)
    return Share(deal.owner_id, deal.team_id, cells)


_Line = tuple[str, date, str, str, int, int]


def _flows(deal: Deal) -> Iterator[_Line]:
    """Opened on its day and closed on its day, by day and by month."""
    for grain in (Grain.DAY, Grain.MONTH):
        yield f"FLOW_{grain}", grain.start(deal.open_day), "", "OPENED", 0, 0
        if deal.close_day is not None:
            cycle = (deal.close_day - deal.open_day).days
            yield f"FLOW_{grain}", grain.start(deal.close_day), "", deal.state, 0, cycle


def _states(stays: list[Span]) -> Iterator[_Line]:
    """What became of it in each calendar period, but for a stay that lasts: lines at its first day and its month.

    In a period in which it moved, its state does not depend on the stall factor. In one through which it
    stood still before it moved on, the line says how many of FACTORS it overran.
    """
    touched = {span.entered for span in stays} | {span.left for span in stays if span.outcome}
    for grain in GRAINS:
        for start in {grain.start(day) for day in touched}:
            if found := became(stays, Period(start, grain.next(start)), 1):
                new = "_NEW" if found.came_in and found.state in (State.WON, State.LOST) else ""
                yield f"STATE_{grain}", start, found.span.stage, f"{found.state}{new}", 0, 0
        for span in stays:
            if span.outcome:
                for period in grain.between(span.entered, span.left):
                    overran = sum(span.overrun(period.end, factor) for factor in FACTORS)
                    yield f"STATE_{grain}", period.start, span.stage, f"RESTED_{overran}", 0, 0
    if stays and not stays[-1].outcome:
        stay = stays[-1]
        for series, start in ((RESTING, stay.entered), (RESTING_BY_MONTH, Grain.MONTH.start(stay.entered))):
            yield series, start, stay.stage, RESTING, stay.expected_days, 0
