"""When a company works, and how much working time lies between two instants."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from chinese_calendar import constants as statutory

from services.kit.errors import Invalid, Refused

HORIZON_DAYS = 3660
"""How far a sum of working time looks: ten years."""
ANNOUNCED_UNTIL = date(max(statutory.holidays).year, 12, 31)
"""The last day of the last year of which the State Council's announcement is known; of later ones the week decides."""
WARN_DAYS = 31
_DAY = timedelta(days=1)
_NONE = timedelta()


class UnknownZone(Invalid):
    """The time zone is not one of the IANA database."""

    field = "zone"
    en = "{zone} is no time zone of the IANA database"
    zh = "{zone} 不是有效的时区"


class HoursOverlap(Invalid):
    """Two spans of the working day overlap, or one ends before it begins."""

    field = "hours"
    en = "working hours must follow one after another, each ending after it begins"
    zh = "工作时段必须先后排列，且结束晚于开始"


class NoSuchDay(Invalid):
    """The text looks like a day, and there is none of that date."""

    en = "{day} is no day of the calendar"
    zh = "{day} 不是有效的日期"


class NoWorkingTime(Refused):
    """Nobody works within ten years of that day: there is no such working time."""

    en = "the calendar has no such working time within ten years"
    zh = "日历在十年内没有该工作时间"


@dataclass(frozen=True)
class Span:
    """A part of the working day, from `begin` until before `end`, as "HH:MM" of the zone; "24:00" is midnight."""

    begin: str
    end: str

    @cached_property
    def minutes(self) -> tuple[int, int]:
        """Begin and end in minutes since midnight."""
        return _minutes(self.begin), _minutes(self.end)


@dataclass(frozen=True)
class CalendarDay:
    """A day on which the company works, or does not, whatever the week and the statutory holidays say."""

    day: date
    working: bool
    label: str = ""


@dataclass
class WorkingCalendar:
    """When a company works. Made anew for each change: what it has worked out it keeps."""

    zone: str = "Asia/Shanghai"
    hours: list[Span] = field(default_factory=lambda: [Span("09:00", "12:00"), Span("13:00", "18:00")])
    weekdays: list[int] = field(default_factory=lambda: [1, 2, 3, 4, 5])
    """1 is Monday, 7 is Sunday (ISO 8601)."""
    statutory_holidays: bool = True
    """Whether China's holidays are free and its make-up days (调休) are worked, as far as they have been announced."""
    days: list[CalendarDay] = field(default_factory=list)

    def check(self) -> None:
        """Refused: UNKNOWN_ZONE, HOURS_OVERLAP."""
        try:
            ZoneInfo(self.zone)
        except (OSError, ValueError, KeyError):
            raise UnknownZone(zone=self.zone) from None
        edges = [minute for span in self.hours for minute in span.minutes]
        if any(later <= earlier for earlier, later in zip(edges[::2], edges[1::2], strict=True)) or edges != sorted(
            edges
        ):
            raise HoursOverlap

    def told(self, day: date) -> CalendarDay:
        """What a day is, and why if the tenant said so."""
        return CalendarDay(day, self.works_on(day), self._labels.get(day, ""))

    def works_on(self, day: date) -> bool:
        """Whether it is a working day: the tenant's word, else the statutory one, else the week's."""
        own = self._own.get(day)
        if own is not None:
            return own
        if self.statutory_holidays:
            if day in statutory.workdays:
                return True
            if day in statutory.holidays:
                return False
        return day.isoweekday() in self._week

    def works_at(self, at: datetime) -> bool:
        """Whether somebody works at that instant."""
        return any(begin <= at < end for begin, end in self._spans(self.local_day(at)))

    def local_day(self, at: datetime) -> date:
        """The day that it is there."""
        return at.astimezone(self._zone).date()

    def day_begins(self, day: date) -> datetime:
        """The instant at which a day begins there."""
        return datetime.combine(day, time(), self._zone).astimezone(UTC)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` until `end`; none if that is not later."""
        total, day, last = _NONE, self.local_day(start), self.local_day(end)
        while day <= last:
            for begin, finish in self._spans(day):
                total += max(min(finish, end) - max(begin, start), _NONE)
            day += _DAY
        return total

    def after(self, start: datetime, working: timedelta) -> datetime:
        """The first instant by which so much working time has passed; `start` itself for none.

        Refused: NO_WORKING_TIME.
        """
        left = working
        if left <= _NONE:
            return start
        for begin, finish in self._from(start):
            here = finish - max(begin, start)
            if here >= left:
                return max(begin, start) + left
            left -= max(here, _NONE)
        raise NoWorkingTime

    def days_after(self, start: datetime, count: int) -> datetime:
        """The same time of day `count` working days later. From a free day one counts as from the start of the next
        working day. Refused: NO_WORKING_TIME."""
        day = self.local_day(start)
        clock = start - self.day_begins(day)
        if not self.works_on(day):
            day, clock = self._step(day, 1), _NONE
        for _ in range(count):
            day = self._step(day, 1)
        return min(self.day_begins(day) + clock, self.day_begins(day + _DAY))

    def days_before(self, end: datetime, count: int) -> datetime:
        """The latest instant, to the microsecond, of which `days_after` is not later than `end`.

        Refused: NO_WORKING_TIME.
        """
        day = self.local_day(end)
        if self.works_on(day):
            clock = end - self.day_begins(day)
        else:
            day, clock = self._step(day, -1), None
        for _ in range(count):
            day = self._step(day, -1)
        if clock is None:
            return self.day_begins(day + _DAY) - timedelta(microseconds=1)
        return min(self.day_begins(day) + clock, self.day_begins(day + _DAY) - timedelta(microseconds=1))

    def _step(self, day: date, way: int) -> date:
        for number in range(1, HORIZON_DAYS):
            if self.works_on(found := day + number * way * _DAY):
                return found
        raise NoWorkingTime

    def _from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = self.local_day(start)
        for number in range(HORIZON_DAYS):
            for begin, finish in self._spans(day + number * _DAY):
                if finish > start:
                    yield begin, finish

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        if not self.works_on(day):
            return []
        midnight = datetime.combine(day, time())

        def at(minutes: int) -> datetime:
            return (midnight + timedelta(minutes=minutes)).replace(tzinfo=self._zone).astimezone(UTC)

        return [(at(begin), at(end)) for begin, end in (span.minutes for span in self.hours)]

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def _own(self) -> dict[date, bool]:
        return {one.day: one.working for one in self.days}

    @cached_property
    def _labels(self) -> dict[date, str]:
        return {one.day: one.label for one in self.days}

    @cached_property
    def _week(self) -> frozenset[int]:
        return frozenset(self.weekdays)


def announcement_ends(today: date) -> bool:
    """Whether holidays are known for so few more days that deadlines begin to be counted without them."""
    return (ANNOUNCED_UNTIL - today).days < WARN_DAYS


def read_day(text: str) -> date:
    """The day of a YYYY-MM-DD. Refused: NO_SUCH_DAY."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NoSuchDay(day=text) from None


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
