"""Receivables as of a day, in one currency."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from services.analytics.days import DAY, EVER, FOREVER, Grain, Period
from services.analytics.instalments.domain import Deed


class Bucket(StrEnum):
    """By how long an amount is past due."""

    NOT_DUE = "NOT_DUE"
    DAYS_1_TO_30 = "DAYS_1_TO_30"
    DAYS_31_TO_60 = "DAYS_31_TO_60"
    DAYS_61_TO_90 = "DAYS_61_TO_90"
    DAYS_OVER_90 = "DAYS_OVER_90"


BEYOND = (0, 30, 60, 90)
"""An amount is in the bucket after the n-th of these if it is past due by more days than that."""


class Counted(NamedTuple):
    """Money that was billed or paid (`deed`) up to the day, by age and by whether it fell due in the period."""

    currency: str
    bucket: int
    in_period: bool
    is_due: bool
    deed: str
    amount: Decimal
    instalments: int


@dataclass
class Open:
    """What is open of some instalments."""

    amount: Decimal = Decimal(0)
    instalments: int = 0


@dataclass
class Figures:
    """What is open, what fell due in the period and how it was paid, what was sold in the period."""

    buckets: dict[Bucket, Open] = field(default_factory=lambda: {bucket: Open() for bucket in Bucket})
    due: Decimal = Decimal(0)
    due_instalments: int = 0
    received: Decimal = Decimal(0)
    received_on_time: Decimal = Decimal(0)
    late_instalments: int = 0
    sales: Decimal = Decimal(0)

    def add(self, counted: Counted) -> None:
        """Put more money to it."""
        billed = counted.deed == Deed.BILLED
        open_part = self.buckets[tuple(Bucket)[counted.bucket]]
        open_part.amount += counted.amount if billed else -counted.amount
        open_part.instalments += counted.instalments if billed else -counted.instalments
        if not counted.in_period:
            return
        if billed:
            self.due += counted.amount
            self.due_instalments += counted.instalments
        else:
            self.received += counted.amount
        if counted.deed == Deed.PAID:
            self.received_on_time += counted.amount
        if counted.is_due and counted.deed != Deed.PAID_LATE:
            self.late_instalments += counted.instalments if billed else -counted.instalments

    @property
    def open(self) -> Open:
        """All that is open."""
        parts = self.buckets.values()
        return Open(sum((one.amount for one in parts), Decimal(0)), sum(one.instalments for one in parts))

    @property
    def collection_rate(self) -> float | None:
        """How much of what fell due was received."""
        return _ratio(self.received, self.due)

    @property
    def on_time_rate(self) -> float | None:
        """How much of what fell due was received by its day."""
        return _ratio(self.received_on_time, self.due)

    def days_of_sales(self, amount: Decimal, days: int) -> float | None:
        """For how many days of the period's sales the amount stands."""
        ratio = _ratio(amount, self.sales)
        return ratio * days if ratio is not None else None


def gather(counted: Iterable[Counted], sales: Iterable[tuple[str, Decimal]]) -> dict[str, Figures]:
    """The figures of each currency, by currency."""
    found: dict[str, Figures] = {}
    for one in counted:
        found.setdefault(one.currency, Figures()).add(one)
    for currency, amount in sales:
        found.setdefault(currency, Figures()).sales += amount
    return dict(sorted(found.items()))


def due_days(bucket: Bucket, as_of: date) -> tuple[date, date]:
    """The first and the last due day of what is in the bucket on that day."""
    place = tuple(Bucket).index(bucket)
    first = EVER if place == len(BEYOND) else as_of - BEYOND[place] * DAY
    last = FOREVER if place == 0 else as_of - (BEYOND[place - 1] + 1) * DAY
    return first, last


def split_months(as_of: date, within: Period) -> list[Period]:
    """The months, as runs of them, in which a limit falls other than on their first day.

    A limit is a due day from which on an amount is in another bucket, or in or out of the period.
    """
    limits = {as_of + DAY, within.start, within.end, *(as_of - limit * DAY for limit in BEYOND)}
    runs: list[Period] = []
    for start in sorted({Grain.MONTH.start(day) for day in limits if day.day > 1}):
        end = Grain.MONTH.next(start)
        if runs and runs[-1].end == start:
            runs[-1] = Period(runs[-1].start, end)
        else:
            runs.append(Period(start, end))
    return runs


def _ratio(part: Decimal, whole: Decimal) -> float | None:
    return float(part / whole) if whole else None
