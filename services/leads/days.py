"""Days of the calendar as requests carry them, and the instants with which they begin and end."""

from datetime import date, datetime, time, timedelta, timezone

from services.kit.errors import Violated

# China has kept one offset without summer time since 1991.
ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")
FIRST, LAST = date(1900, 1, 1), date(9998, 12, 31)


def day(field: str, text: str) -> date:
    """The day. Refused: INVALID if the calendar has none such, or it is not between FIRST and LAST."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Violated((field, "is no day of the calendar", "不是有效日期")) from None
    if not FIRST <= found <= LAST:
        raise Violated((field, f"must lie between {FIRST} and {LAST}", f"应在 {FIRST} 与 {LAST} 之间"))
    return found


def begins(one: date) -> datetime:
    """The instant with which a day begins."""
    return datetime.combine(one, time(), ZONE)


def ends(one: date) -> datetime:
    """The instant with which a day ends: the next one's first."""
    return begins(one + timedelta(days=1))
