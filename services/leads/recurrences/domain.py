"""When something recurs on the working calendar, and when it last did."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from services.kit.errors import Invalid
from services.leads.working_calendar.domain import WorkingCalendar

LOOK_DAYS = 400
"""How far back a last occurrence is looked for; the rarest recurs each month."""
_DAY = timedelta(days=1)


class NoSuchDayOfPeriod(Invalid):
    """The day is none of a week or of a month, or a daily recurrence names one."""

    field = "recurrence"
    en = "the day must be 1 to 7 for WEEK, 1 to 31 for MONTH, and 0 for DAY"
    zh = "每周取 1 至 7，每月取 1 至 31，每日取 0"


class Every(StrEnum):
    """How often."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


DAYS = {Every.DAY: range(1), Every.WEEK: range(1, 8), Every.MONTH: range(1, 32)}


@dataclass(frozen=True)
class Recurrence:
    """How often, on which day, and at which time of day."""

    every: Every
    day: int = 0
    at: str = "09:00"

    def check(self) -> None:
        """Refused: NO_SUCH_DAY_OF_PERIOD."""
        if self.day not in DAYS[self.every]:
            raise NoSuchDayOfPeriod

    def latest(self, now: datetime, calendar: WorkingCalendar) -> datetime | None:
        """The last occurrence that is not later than `now`; however many there were since it was looked at, one."""
        return next(self._until(now, calendar), None)

    def latest_two(self, now: datetime, calendar: WorkingCalendar) -> tuple[datetime, datetime] | None:
        """The last occurrence that is not later than `now`, and the one before it."""
        return next(pairwise(self._until(now, calendar)), None)

    def _until(self, now: datetime, calendar: WorkingCalendar) -> Iterator[datetime]:
        """Occurrences that are not later than `now`, the last one first."""
        hours, minutes = map(int, self.at.split(":"))
        today, last = calendar.local_day(now), None
        for back in range(LOOK_DAYS):
            day = today - back * _DAY
            if not self._named(day, calendar):
                continue
            while not calendar.works_on(day) and day <= today:
                day += _DAY
            at = calendar.day_begins(day) + timedelta(hours=hours, minutes=minutes)
            if day <= today and at <= now and at != last:
                yield at
                last = at

    def _named(self, day: date, calendar: WorkingCalendar) -> bool:
        """Whether it names that day, be it worked or free."""
        if self.every is Every.DAY:
            return calendar.works_on(day)
        if self.every is Every.WEEK:
            return day.isoweekday() == self.day
        return day.day == min(self.day, monthrange(day.year, day.month)[1])
