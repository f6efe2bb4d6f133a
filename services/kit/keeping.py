"""For how many months what is let go in the end may be kept."""

from collections.abc import Mapping

from services.kit.errors import Invalid

SHORTEST, LONGEST = 6, 240
"""Months: nobody loses what was recorded this season, and nothing personal is promised for a lifetime."""


class RetentionOutOfBounds(Invalid):
    """Something would be kept for too short a time, or for longer than can be promised."""

    en = "{field} must be 0 (for good) or {least} to {most} months"
    zh = "{field} 应为 0（长期保存）或 {least} 至 {most} 个月"


def must_be_within_bounds(months: Mapping[str, int]) -> None:
    """Refused: RETENTION_OUT_OF_BOUNDS."""
    for name, given in months.items():
        if given != 0 and not SHORTEST <= given <= LONGEST:
            raise RetentionOutOfBounds(field=name, least=SHORTEST, most=LONGEST)
