"""Days of the calendar: money falls due, comes in and counts by the day, in China's one time zone."""

from datetime import UTC, date, datetime, time, timedelta, timezone

from services.kit.errors import Violated

# China has kept one offset without summer time since 1991.
ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")
FIRST, LAST = date(1900, 1, 1), date(9998, 12, 31)
"""Between them there is room to count months and quarters on."""


def day_of(instant: datetime) -> date:
    """The day on which an instant falls."""
    return instant.astimezone(ZONE).date()


def moment(day: date, now: datetime) -> datetime:
    """When something that is known by its day happened: now if that is today, else as the day began."""
    return now if day == day_of(now) else datetime.combine(day, time(), ZONE).astimezone(UTC)


def parse(text: str, field: str) -> date:
    """The day written YYYY-MM-DD. Refused: INVALID, naming the field, if there is no such day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Violated((field, "there is no such day", "没有这一天")) from None
    if not FIRST <= day <= LAST:
        raise Violated((field, f"must be from {FIRST} to {LAST}", f"应在 {FIRST} 到 {LAST} 之间"))
    return day


def parse_optional(text: str, field: str) -> date | None:
    """The day written YYYY-MM-DD, or None if the text is empty."""
    return parse(text, field) if text else None
