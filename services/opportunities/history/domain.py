"""Entries of a deal's past, and what can be read from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.kit.money import Money


@dataclass(frozen=True)
class Deed:
    """Who does something to a deal, when, and why."""

    by: UUID
    at: datetime
    why: str = ""


class Value(StrEnum):
    """Whether a deal is worth working on (定性)."""

    VALUABLE = "VALUABLE"
    WORTHLESS = "WORTHLESS"
    UNCERTAIN = "UNCERTAIN"


class Grade(StrEnum):
    """How big a deal is (定级)."""

    BIG = "BIG"
    NORMAL = "NORMAL"
    SMALL = "SMALL"


@dataclass(frozen=True)
class Triage:
    """One judgement by three measures (三一客)."""

    value: Value | None
    grade: Grade | None
    amount: Money | None
    quantity: int
    why: str
    judged_by: UUID
    judge_time: datetime
    version: int


class Kind(StrEnum):
    """How a deal came into a stage."""

    OPENED = "OPENED"
    ADVANCED = "ADVANCED"
    REGRESSED = "REGRESSED"


@dataclass(frozen=True)
class StageMove:
    """A deal entered a stage. When it left is told by the next move, or by the end of the deal."""

    stage: str
    kind: Kind
    from_stage: str
    enter_time: datetime
    moved_by: UUID
    why: str
    version: int


@dataclass(frozen=True)
class Stay:
    """A move, with how long the deal stood where it came to: `seconds`, until now if it still does."""

    stage: str
    kind: Kind
    from_stage: str
    enter_time: datetime
    leave_time: datetime | None
    seconds: int
    moved_by: UUID
    why: str
    version: int


class Cause(StrEnum):
    """By what an expectation was changed."""

    OPENING = "OPENING"
    FORECAST = "FORECAST"
    TRIAGE = "TRIAGE"
    WIN = "WIN"


@dataclass(frozen=True)
class Forecast:
    """What is expected of a deal."""

    amount: Money | None = None
    quantity: int = 0
    expected_sign_date: date | None = None


@dataclass(frozen=True)
class ForecastChange:
    """One change of what is expected."""

    cause: Cause
    from_amount: Money | None
    to_amount: Money | None
    from_quantity: int
    to_quantity: int
    from_expected_sign_date: date | None
    to_expected_sign_date: date | None
    why: str
    changed_by: UUID
    change_time: datetime
    version: int

    @classmethod
    def between(cls, was: Forecast, now: Forecast, cause: Cause, deed: Deed, version: int) -> "ForecastChange | None":
        """What changed, if anything did."""
        if was == now:
            return None
        return cls(
            cause=cause,
            from_amount=was.amount,
            to_amount=now.amount,
            from_quantity=was.quantity,
            to_quantity=now.quantity,
            from_expected_sign_date=was.expected_sign_date,
            to_expected_sign_date=now.expected_sign_date,
            why=deed.why,
            changed_by=deed.by,
            change_time=deed.at,
            version=version,
        )


def stays(moves: Sequence[StageMove], closed: datetime | None, now: datetime) -> Iterator[Stay]:
    """The moves of one deal, oldest first, each with when it ended and how long it took."""
    for move, following in zip(moves, [*moves[1:], None], strict=True):
        left = following.enter_time if following else closed
        yield Stay(**vars(move), leave_time=left, seconds=int(((left or now) - move.enter_time).total_seconds()))
