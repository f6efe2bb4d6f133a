"""What was open and what was paid as of any day, computed from the journal within the caller's sight."""

from typing import cast

from dealtrail.contracts.v1 import receivables_pb2 as pb
from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.sql.expression import Executable

from services.contracts.contracts.domain import Status
from services.contracts.contracts.store import table as contracts
from services.contracts.instalments.store import table as instalments
from services.contracts.journal.domain import Book
from services.contracts.journal.store import table as journal
from services.contracts.receivables.domain import LIMITS, Aged, Bucket, Collected, Outstanding, Receivable, Total
from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_enum, by_id
from services.kit.sql import Variants
from services.kit.visibility import in_sight

_tenant = bindparam("tenant_id", type_=Uuid)
_as_of = bindparam("as_of", type_=Date)
_start, _end = bindparam("start", type_=Date), bindparam("end", type_=Date)
_owed_by_contract = and_(contracts.c.tenant_id == instalments.c.tenant_id, contracts.c.id == instalments.c.contract_id)

CONTRACT_FILTERS = {
    "owner_id": by_id(contracts.c.owner_id),
    "team_id": by_id(contracts.c.team_id),
    "account_id": by_id(contracts.c.account_id),
    "currency": Filter(contracts.c.amount_currency == bindparam("currency", type_=Text)),
}


def _days_past_due() -> ColumnElement[int]:
    late = _as_of.op("-", return_type=Integer())(instalments.c.due_date)
    return func.greatest(0, func.coalesce(late, 0), type_=Integer)


def _bucket() -> ColumnElement[str]:
    ranges = [(_days_past_due() <= most, literal(bucket.value, Text)) for most, bucket in LIMITS]
    return case(*ranges, else_=literal(Bucket.DAYS_OVER_90.value, Text))


# Read instalment by instalment: sums joined as a whole were planned quadratic while the tables grow.
_posted = and_(
    journal.c.tenant_id == instalments.c.tenant_id,
    journal.c.book == Book.RECEIVABLE.value,
    journal.c.instalment_id == instalments.c.id,
)
# Nothing is open of what was fully paid by that day: most of all instalments need no look into the journal.
_not_paid_by = or_(instalments.c.paid_date.is_(None), instalments.c.paid_date > _as_of)
_open = (
    select(func.sum(journal.c.amount).label("amount"))
    .where(_posted, journal.c.effective_date <= _as_of)
    .correlate(instalments)
    .lateral("open")
)
_rows = (
    select(
        instalments.c.tenant_id,
        instalments.c.id,
        instalments.c.id.label("instalment_id"),
        instalments.c.contract_id,
        contracts.c.number.label("contract_number"),
        *(contracts.c[name] for name in ("account_id", "deal_id", "owner_id", "team_id", "collaborators")),
        *(instalments.c[name] for name in ("seq", "label", "due_date", "amount", "amount_currency")),
        _open.c.amount.label("open"),
        instalments.c.amount_currency.label("open_currency"),
        _days_past_due().label("days_past_due"),
        _bucket().label("bucket"),
    )
    .join_from(instalments, contracts, _owed_by_contract)
    .join(_open, true())
    .where(instalments.c.tenant_id == _tenant, contracts.c.sign_date <= _as_of, _not_paid_by, _open.c.amount > 0)
    .subquery("receivables")
)
# A subquery has all that a list needs of a table.
rows = cast(Table, _rows)
"""What was open at the end of the day `as_of`."""

codec = Codec(Receivable, pb.Receivable)
aged_codec = Codec(Aged, pb.AgingBucket)
total_codec = Codec(Total, pb.AgingTotal)
collected_codec = Codec(Collected, pb.CollectionFigures)
outstanding_codec = Codec(Outstanding, pb.DaysSalesOutstandingFigures)
ROW_FILTERS = {
    "owner_id": by_id(rows.c.owner_id),
    "team_id": by_id(rows.c.team_id),
    "account_id": by_id(rows.c.account_id),
    "currency": Filter(rows.c.amount_currency == bindparam("currency", type_=Text)),
}
listing = Listing(
    rows,
    filters=ROW_FILTERS
    | {"contract_id": by_id(rows.c.contract_id), "bucket": by_enum(rows.c.bucket, pb.Receivable.Bucket)},
    orders=("due_date", "due_date desc"),
)


def _aging(reach: str, chosen: tuple[str, ...]) -> Executable:
    return (
        select(
            rows.c.bucket,
            func.count().label("instalments"),
            func.sum(rows.c.open).label("amount"),
            rows.c.open_currency.label("amount_currency"),
        )
        .where(in_sight(rows, reach), *(ROW_FILTERS[name].condition for name in chosen))
        .group_by(rows.c.bucket, rows.c.open_currency)
    )


AGING = Variants(_aging)
"""What was open at the end of the day `as_of`, by bucket and currency."""


def _sales(reach: str, chosen: tuple[str, ...]) -> Executable:
    return (
        select(contracts.c.amount_currency.label("currency"), func.sum(contracts.c.amount).label("amount"))
        .where(
            in_sight(contracts, reach),
            contracts.c.status == Status.SIGNED.value,
            contracts.c.sign_date.between(_start, _end),
            *(CONTRACT_FILTERS[name].condition for name in chosen),
        )
        .group_by(contracts.c.amount_currency)
    )


SALES = Variants(_sales)
"""What was sold from `start` to `end`, by currency."""


def _collection(reach: str, chosen: tuple[str, ...]) -> Executable:
    daily = (
        select(journal.c.effective_date.label("day"), (-func.sum(journal.c.amount)).label("amount"))
        .where(_posted, journal.c.receipt_id.is_not(None), journal.c.effective_date <= _end)
        .correlate(instalments)
        .group_by(journal.c.effective_date)
        .having(func.sum(journal.c.amount) < 0)
        .subquery("daily")
    )
    paid = select(
        func.coalesce(func.sum(daily.c.amount), 0).label("received"),
        func.coalesce(func.sum(daily.c.amount).filter(daily.c.day <= instalments.c.due_date), 0).label("on_time"),
        func.max(daily.c.day).label("last_day"),
    ).lateral("paid")
    each = (
        select(
            instalments.c.amount,
            instalments.c.amount_currency.label("currency"),
            paid.c.received,
            paid.c.on_time,
            paid.c.last_day.op("-", return_type=Integer())(instalments.c.due_date).label("late_by"),
        )
        .join_from(instalments, contracts, _owed_by_contract)
        .join(paid, true())
        .where(
            in_sight(contracts, reach),
            contracts.c.status == Status.SIGNED.value,
            instalments.c.due_date.between(_start, _end),
            *(CONTRACT_FILTERS[name].condition for name in chosen),
        )
        .subquery("each")
    )
    late = each.c.on_time < each.c.amount
    settled_late = and_(late, each.c.received >= each.c.amount)
    return select(
        each.c.currency,
        func.sum(each.c.amount).label("due"),
        func.sum(each.c.received).label("received"),
        func.sum(each.c.on_time).label("on_time"),
        func.count().label("instalments"),
        func.count().filter(late).label("late"),
        func.sum(each.c.late_by).filter(settled_late).label("days_late"),
        func.count().filter(settled_late).label("settled_late"),
        func.max(each.c.late_by).filter(settled_late).label("most_days_late"),
    ).group_by(each.c.currency)


COLLECTION = Variants(_collection)
"""What fell due from `start` to `end` and what of it was paid by `end`, by currency."""
