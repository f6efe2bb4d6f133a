"""Days of the calendar in the tenants' zone, and the periods that they are counted in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum

from services.kit.errors import Invalid, Violated

# China has kept one offset without summer time since 1991.
ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")
FOREVER = date(9999, 1, 1)
"""The day of what has not happened yet. Not the last one of all: asyncpg would make that PostgreSQL's infinity."""
EVER = date(1900, 1, 1)
"""A day before anything that is counted."""
DAY = timedelta(days=1)


class PeriodBackwards(Invalid):
    """The period ends before it has begun."""

    field = "to"
    en = "the period must end after {start}, its first day"
    zh = "期间的结束日必须晚于开始日 {start}"


class Grain(StrEnum):
    """A division of the calendar. Weeks begin on Monday."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"

    def start(self, day: date) -> date:
        """The first day of the part that the day is in."""
        if self is Grain.DAY:
            return day
        if self is Grain.WEEK:
            return day - timedelta(days=day.weekday())
        if self is Grain.MONTH:
            return day.replace(day=1)
        return date(day.year, (day.month - 1) // 3 * 3 + 1 if self is Grain.QUARTER else 1, 1)

    def next(self, start: date) -> date:
        """The first day of the part after the one that begins on `start`."""
        if self in (Grain.DAY, Grain.WEEK):
            return start + (DAY if self is Grain.DAY else 7 * DAY)
        months = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[self]
        years, month = divmod(start.month - 1 + months, 12)
        return date(start.year + years, month + 1, 1)

    def between(self, first: date, end: date) -> Iterator["Period"]:
        """The whole parts that begin after `first` and end on `end` or before."""
        start = self.next(self.start(first))
        while (following := self.next(start)) <= end:
            yield Period(start, following)
            start = following


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` to before `end`."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.end - self.start).days

    def whole_months(self) -> "Period":
        """The months that lie within it as a whole; if there are none, an empty period at its end."""
        month = Grain.MONTH
        first = self.start if month.start(self.start) == self.start else month.next(month.start(self.start))
        last = month.start(self.end)
        return Period(first, last) if first < last else Period(self.end, self.end)


def day_of(instant: datetime) -> date:
    """The day on which an instant falls."""
    return instant.astimezone(ZONE).date()


def midnight(day: date) -> datetime:
    """The instant at which a day begins."""
    return datetime.combine(day, time(), ZONE)


def parse(text: str, field: str, otherwise: date) -> date:
    """The day written YYYY-MM-DD, `otherwise` if the text is empty. Refused: INVALID, naming the field."""
    if not text:
        return otherwise
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Violated((field, "there is no such day", "没有这一天")) from None
    if not EVER <= day < FOREVER:
        raise Violated((field, f"must be from {EVER} to {FOREVER - DAY}", f"应在 {EVER} 到 {FOREVER - DAY} 之间"))
    return day


def period(start: date, end: date) -> Period:
    """The days from `start` to before `end`. Refused: PERIOD_BACKWARDS if there are none."""
    if end <= start:
        raise PeriodBackwards(start=start)
    return Period(start, end)
