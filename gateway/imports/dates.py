"""Days and instants as people write them: ISO, Chinese, and notations whose order a column has to reveal."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

YEAR_FIRST, MONTH_FIRST, DAY_FIRST = "YMD", "MDY", "DMY"
REMEMBER = 20_000

_DAY = (
    r"(?:(?P<y>\d{4})(?P<s>[-/.年])(?P<m>\d{1,2})(?:(?P=s)|月)(?P<d>\d{1,2})日?"
    r"|(?P<c>\d{8})|(?P<local>\d{1,2}[-/.]\d{1,2}[-/.]\d{4}))"
)
_CLOCK = (
    r"(?P<hh>\d{1,2})[:时](?P<mm>\d{2})(?:[:分](?:(?P<ss>\d{2})(?:[.]\d{1,9})?秒?)?)?"
    r"(?:\s*(?P<half>AM|PM|上午|下午))?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
WRITTEN = re.compile(rf"{_DAY}(?:[T\s]+{_CLOCK})?", re.ASCII | re.IGNORECASE)
LOCAL = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}", re.ASCII)


class Unreadable(ValueError):
    """It is no day, or none of the calendar."""


class Evidence:
    """What the cells of a column reveal about the order of day and month."""

    def __init__(self) -> None:
        self.seen = False
        self.month_first = False
        self.day_first = False

    def see(self, text: str) -> None:
        """Look at one cell."""
        if found := LOCAL.match(text):
            self.seen = True
            first, second = int(found[1]), int(found[2])
            self.month_first = self.month_first or second > 12 >= first
            self.day_first = self.day_first or first > 12 >= second

    def order(self) -> str | None:
        """The order that fits; None if the cells contradict each other or leave it open."""
        if not self.seen:
            return YEAR_FIRST
        if self.month_first is self.day_first:
            return None
        return MONTH_FIRST if self.month_first else DAY_FIRST


def day_reader(order: str) -> Callable[[str], str]:
    """A function from a cell to YYYY-MM-DD; a time of day is left away. It raises Unreadable."""

    def read(text: str) -> str:
        return _moment(text, order)[0].date().isoformat()

    return _remembering(read)


def instant_reader(order: str, zone: ZoneInfo) -> Callable[[str], str]:
    """A function from a cell to RFC 3339 in UTC; a day alone is its midnight in the zone. It raises Unreadable."""

    def read(text: str) -> str:
        moment, offset = _moment(text, order)
        aware = datetime.fromisoformat(moment.isoformat() + offset) if offset else moment.replace(tzinfo=zone)
        return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    return _remembering(read)


def _moment(text: str, order: str) -> tuple[datetime, str]:
    """The day and time as they stand on the clock there, and the offset from UTC if one is said."""
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise Unreadable(text)
    try:
        day = _day(found, order)
        if found["hh"] is None:
            return datetime(day.year, day.month, day.day), ""  # noqa: DTZ001 - on the clock there
        hour = _hour(int(found["hh"]), (found["half"] or "").upper())
        clock = datetime(day.year, day.month, day.day, hour, int(found["mm"]), int(found["ss"] or 0))  # noqa: DTZ001 - as above
    except ValueError as error:
        raise Unreadable(text) from error
    offset = (found["zone"] or "").upper().replace("Z", "+00:00")
    return clock, offset if ":" in offset or not offset else f"{offset[:3]}:{offset[3:]}"


def _day(found: re.Match[str], order: str) -> date:
    if found["y"]:
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    if compact := found["c"]:
        return date(int(compact[:4]), int(compact[4:6]), int(compact[6:]))
    first, second, year = (int(part) for part in re.split("[-/.]", found["local"]))
    return date(year, second, first) if order == DAY_FIRST else date(year, first, second)


def _hour(hour: int, half: str) -> int:
    if half in ("PM", "下午") and hour < 12:
        return hour + 12
    return 0 if half in ("AM", "上午") and hour == 12 else hour


def _remembering(read: Callable[[str], str]) -> Callable[[str], str]:
    """A file has many rows and few days."""
    known: dict[str, str] = {}

    def remembered(text: str) -> str:
        value = known.get(text)
        if value is None:
            if len(known) >= REMEMBER:
                known.clear()
            value = known[text] = read(text)
        return value

    return remembered
