"""Reading what customers owe and how they pay."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from asyncpg import Record

from services.contracts.receivables.domain import (
    Aged,
    Bucket,
    Collected,
    Outstanding,
    complete,
    outstanding,
    ratio,
    window,
)
from services.contracts.receivables.store import AGING, COLLECTION, SALES
from services.kit.database import Tx
from services.kit.money import CENT, Money
from services.kit.visibility import reach


async def aging(tx: Tx, as_of: date, only: Mapping[str, Any]) -> list[Aged]:
    """What was open at the end of the day, by currency and age; all five buckets of each currency."""
    rows = await tx.fetch(AGING(reach(tx.principal), tuple(sorted(only))), as_of=as_of, **only)
    return complete(
        Aged(Bucket(row["bucket"]), row["instalments"], Money(row["amount"], row["amount_currency"])) for row in rows
    )


async def collection(tx: Tx, start: date, end: date, only: Mapping[str, Any]) -> list[Collected]:
    """How well customers paid what fell due in the period."""
    rows = await tx.fetch(COLLECTION(reach(tx.principal), tuple(sorted(only))), start=start, end=end, **only)
    return [_collected(row) for row in sorted(rows, key=lambda row: row["currency"])]


async def days_sales_outstanding(tx: Tx, as_of: date, days: int, only: Mapping[str, Any]) -> list[Outstanding]:
    """What is open at the end of the day, in days of the sales of so many days before."""
    aged = await aging(tx, as_of, only)
    query = SALES(reach(tx.principal), tuple(sorted(only)))
    sales = await tx.fetch(query, start=window(as_of, days), end=as_of, **only)
    return outstanding(aged, {row["currency"]: row["amount"] for row in sales}, days)


def _collected(row: Record) -> Collected:
    currency = row["currency"]
    return Collected(
        due=Money(row["due"], currency),
        received=Money(row["received"].quantize(CENT), currency),
        received_on_time=Money(row["on_time"].quantize(CENT), currency),
        collection_rate=ratio(row["received"], row["due"]),
        on_time_rate=ratio(row["on_time"], row["due"]),
        instalments=row["instalments"],
        late_instalments=row["late"],
        mean_days_late=ratio(Decimal(row["days_late"] or 0), Decimal(row["settled_late"]), "0.01"),
        max_days_late=row["most_days_late"] or 0,
    )
