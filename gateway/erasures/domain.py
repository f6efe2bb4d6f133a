"""An erasure on its way, and when it is due."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from uuid import UUID

import chinese_calendar

from services.kit.errors import Refused

WORKING_DAYS = 15
ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")


class ErasureDecided(Refused):
    """Somebody has decided otherwise."""

    en = "the erasure is {state} already"
    zh = "该删除请求已处于 {state} 状态"


class State(StrEnum):
    """Where an erasure stands; see proto/dealtrail/privacy/v1/erasures.proto."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    DONE = "DONE"


class Outcome(StrEnum):
    """What became of some things."""

    ERASED = "ERASED"
    RETAINED = "RETAINED"


@dataclass
class Effect:
    """One line of the certificate."""

    kind: str
    outcome: Outcome
    count: int
    reason: str = ""
    until: datetime | None = None
    ids: list[str] = field(default_factory=list)


@dataclass
class Erasure:
    """One request to be forgotten."""

    id: UUID
    person_ids: list[UUID]
    channel: str
    requested_by: UUID
    due_time: datetime
    create_time: datetime
    update_time: datetime
    state: State = State.REQUESTED
    decision: str = ""
    decided_by: UUID | None = None
    effects: list[Effect] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    """What was carried out, in order."""
    end_time: datetime | None = None
    hold_until: datetime | None = None
    version: int = 1

    def approve(self, by: UUID, verification: str) -> bool:
        """Let it be carried out; whether that is new. Refused: ERASURE_DECIDED."""
        if self.state in (State.APPROVED, State.DONE):
            return False
        self._decide(State.APPROVED, by, verification)
        return True

    def refuse(self, by: UUID, reason: str, now: datetime) -> bool:
        """Refuse it; whether that is new. Refused: ERASURE_DECIDED."""
        if self.state is State.REFUSED:
            return False
        self._decide(State.REFUSED, by, reason)
        self.end_time = now
        return True

    def _decide(self, state: State, by: UUID, decision: str) -> None:
        if self.state is not State.REQUESTED:
            raise ErasureDecided(state=self.state)
        self.state, self.decided_by, self.decision = state, by, decision

    def step(self, name: str, effects: list[Effect]) -> None:
        """Say that a step is done, and what came of it."""
        self.steps.append(name)
        self.effects += effects
        held = [one.until for one in effects if one.until is not None]
        self.hold_until = max([*held, *([self.hold_until] if self.hold_until else [])], default=None)

    def overdue(self, now: datetime) -> bool:
        """Whether it should have been dealt with by now."""
        return self.end_time is None and now > self.due_time


def due(requested: datetime) -> datetime:
    """The end of the fifteenth working day after the request, by the Chinese calendar."""
    day, left = requested.astimezone(ZONE).date(), WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= _works(day)
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=ZONE)


def _works(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # the State Council has not said yet what is worked in that year
        return day.weekday() < 5
