"""For how long a signed contract is evidence."""

from datetime import UTC, date, datetime, time

EVIDENCE_YEARS = 10
"""After signing: longer than any claim from a contract of sale runs, and than books must be kept for most purposes."""


def evidence_until(signed: date) -> datetime:
    """Until when a contract signed on that day is kept, and with it who signed on the other side."""
    try:
        ends = signed.replace(year=signed.year + EVIDENCE_YEARS)
    except ValueError:  # 29 February
        ends = signed.replace(year=signed.year + EVIDENCE_YEARS, day=28)
    return datetime.combine(ends, time(), UTC)
