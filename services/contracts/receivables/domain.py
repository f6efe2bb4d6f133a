"""Ageing, collection and days of sales outstanding, from what the journal says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid
from services.kit.money import Money


class PeriodBackwards(Invalid):
    """The period ends before it starts."""

    field = "end_date"
    en = "the period ends on {end}, before it starts on {start}"
    zh = "结束日期 {end} 早于开始日期 {start}"


class Bucket(StrEnum):
    """By how long an amount is past due. On the day itself it is not yet."""

    NOT_DUE = "NOT_DUE"
    DAYS_1_TO_30 = "DAYS_1_TO_30"
    DAYS_31_TO_60 = "DAYS_31_TO_60"
    DAYS_61_TO_90 = "DAYS_61_TO_90"
    DAYS_OVER_90 = "DAYS_OVER_90"


LIMITS = ((0, Bucket.NOT_DUE), (30, Bucket.DAYS_1_TO_30), (60, Bucket.DAYS_31_TO_60), (90, Bucket.DAYS_61_TO_90))
"""The most days past due of each bucket but the last."""


@dataclass
class Receivable:
    """The open part of an instalment at the end of a day."""

    instalment_id: UUID
    contract_id: UUID
    contract_number: str
    account_id: UUID
    deal_id: UUID | None
    seq: int
    label: str
    due_date: date | None
    amount: Money
    open: Money
    days_past_due: int
    bucket: Bucket
    owner_id: UUID
    team_id: UUID | None


@dataclass
class Aged:
    """What was past due by that long, in one currency."""

    bucket: Bucket
    instalments: int
    amount: Money


@dataclass
class Total:
    """What was open in one currency."""

    instalments: int
    amount: Money
    overdue_instalments: int
    overdue: Money
    overdue_ratio: str


@dataclass
class Collected:
    """How well customers paid in one currency."""

    due: Money
    received: Money
    received_on_time: Money
    collection_rate: str
    on_time_rate: str
    instalments: int
    late_instalments: int
    mean_days_late: str
    max_days_late: int


@dataclass
class Outstanding:
    """For how many days of sales customers owe in one currency."""

    receivable: Money
    current: Money
    sales: Money
    dso: str
    best_possible_dso: str


def ratio(part: Decimal, whole: Decimal, places: str = "0.0001") -> str:
    """A share, rounded half up; empty where there is no whole."""
    return str((part / whole).quantize(Decimal(places), ROUND_HALF_UP)) if whole else ""


def complete(found: Iterable[Aged]) -> list[Aged]:
    """All five buckets of each currency, by currency, then by age."""
    known = {(one.amount.currency, one.bucket): one for one in found}
    currencies = sorted({currency for currency, _ in known})
    nothing = Decimal("0.00")
    return [
        known.get((currency, bucket)) or Aged(bucket, 0, Money(nothing, currency))
        for currency in currencies
        for bucket in Bucket
    ]


def total(aged: list[Aged]) -> list[Total]:
    """The sums of complete buckets, by currency."""
    totals = []
    for start in range(0, len(aged), len(Bucket)):
        buckets = aged[start : start + len(Bucket)]
        current, late = buckets[0], buckets[1:]
        currency = current.amount.currency
        overdue = sum((one.amount.amount for one in late), Decimal("0.00"))
        amount = current.amount.amount + overdue
        overdue_instalments = sum(one.instalments for one in late)
        totals.append(
            Total(
                instalments=current.instalments + overdue_instalments,
                amount=Money(amount, currency),
                overdue_instalments=overdue_instalments,
                overdue=Money(overdue, currency),
                overdue_ratio=ratio(overdue, amount),
            )
        )
    return totals


def outstanding(aged: list[Aged], sales: dict[str, Decimal], days: int) -> list[Outstanding]:
    """DSO by currency: what is open, over what was sold in so many days, times these days."""
    nothing = Decimal("0.00")
    totals = {one.amount.currency: one for one in total(aged)}
    figures = []
    for currency in sorted(totals.keys() | sales.keys()):
        sold = sales.get(currency, nothing)
        one = totals.get(currency)
        receivable, overdue = (one.amount.amount, one.overdue.amount) if one else (nothing, nothing)
        figures.append(
            Outstanding(
                receivable=Money(receivable, currency),
                current=Money(receivable - overdue, currency),
                sales=Money(sold, currency),
                dso=ratio(receivable * days, sold, "0.1"),
                best_possible_dso=ratio((receivable - overdue) * days, sold, "0.1"),
            )
        )
    return figures


def period(start: date | None, end: date | None, today: date) -> tuple[date, date]:
    """The period to measure: this year up to today unless said, without days to come. Refused: PERIOD_BACKWARDS."""
    last = min(end or today, today)
    first = start or last.replace(month=1, day=1)
    if first > last:
        raise PeriodBackwards(start=first, end=last)
    return first, last


def window(as_of: date, days: int) -> date:
    """The first of so many days that end with `as_of`."""
    return as_of - timedelta(days=days - 1)
