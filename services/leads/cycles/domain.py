"""Customers in five classes of equal size, and what has moved since the last time."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Conflict, Invalid, Refused

CLASSES = 5


class Indicator(StrEnum):
    """What customers are ordered by."""

    GIVEN = "GIVEN"
    SALES = "SALES"


class Move(StrEnum):
    """What became of a customer since the last cycle."""

    NEW = "NEW"
    UP = "UP"
    DOWN = "DOWN"
    SAME = "SAME"
    DROPPED = "DROPPED"


class CycleExists(Conflict):
    """The code was given to a cycle before."""

    field = "code"
    en = "there is a cycle {code} already"
    zh = "周期 {code} 已存在"


class CycleEndsBeforeItBegins(Invalid):
    """The last day is before the first."""

    field = "end_date"
    en = "the last day is before the first"
    zh = "结束日期早于开始日期"


class NothingToClassify(Refused):
    """No customer has a value."""

    en = "no customer has a value to be ordered by"
    zh = "没有可分级的客户"


class UnknownAccount(Invalid):
    """One of the accounts is not there, or out of the caller's sight."""

    field = "values"
    en = "no such account in your sight: {id}"
    zh = "找不到该客户：{id}"


@dataclass
class Cycle:
    """A list of customers, frozen."""

    id: UUID
    code: str
    indicator: Indicator
    start_date: date
    end_date: date
    create_time: datetime
    previous_id: UUID | None = None
    size: int = 0
    version: int = 1

    def __post_init__(self) -> None:
        if self.end_date < self.start_date:
            raise CycleEndsBeforeItBegins


@dataclass
class Standing:
    """Where a customer stands in a cycle; of one that is DROPPED, where it stood."""

    id: UUID
    cycle_id: UUID
    account_id: UUID
    value: Decimal
    place: int
    quintile: int
    previous_quintile: int
    move: Move


@dataclass(frozen=True)
class Ranked:
    """A customer's place and class."""

    account_id: UUID
    value: Decimal
    place: int
    quintile: int


@dataclass(frozen=True)
class Flow:
    """How many customers went from one class to another; 0 is not being there."""

    from_quintile: int
    to_quintile: int
    count: int


def quintiles(values: Mapping[UUID, Decimal]) -> list[Ranked]:
    """The customers in order, in five classes (P4-13): ntile(5) by value, the largest first, ties by id.

    As SQL has it: sizes differ by one at most, and the first classes take what is left over.
    """
    size, left = divmod(len(values), CLASSES)
    order = sorted(values.items(), key=lambda one: (-one[1], one[0]))
    bounds = [size * n + min(n, left) for n in range(1, CLASSES + 1)]
    found, quintile = [], 1
    for place, (account_id, value) in enumerate(order, 1):
        while place > bounds[quintile - 1]:
            quintile += 1
        found.append(Ranked(account_id, value, place, quintile))
    return found


def moved(before: int, now: int) -> Move:
    """What going from class `before` (0: none) to class `now` amounts to."""
    if not before:
        return Move.NEW
    return Move.SAME if before == now else Move.UP if now < before else Move.DOWN


def migration(standings: Iterable[Standing]) -> list[Flow]:
    """How many went from which class to which."""
    ways = Counter((one.previous_quintile, 0 if one.move is Move.DROPPED else one.quintile) for one in standings)
    return [Flow(before, now, count) for (before, now), count in sorted(ways.items())]
