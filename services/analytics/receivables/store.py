"""What was billed and paid, out of the daily and monthly sums."""

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Integer,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.sql.expression import Executable

from services.analytics.days import Grain
from services.analytics.instalments.domain import Deed, by_due_month
from services.analytics.instalments.store import months, rollup
from services.analytics.receivables.domain import BEYOND
from services.analytics.rollups.store import END, START, in_period, rows_of, scopes, total
from services.kit.sql import Variants

sums = rollup.table
AS_OF, MONTH = bindparam("as_of", type_=Date), bindparam("month", type_=Date)

IN_ONE_PROCESS = func.pg_backend_pid() > 0
"""Always true, and of a kind that PostgreSQL evaluates in the connection's own process only. It takes the months of a
series for as many as its days, thus for dear, and would start workers, which takes longer than the answer."""


def _by_due_month(grain: Grain) -> ColumnElement[str]:
    """The series by due month, or by due day while those by month are still to be made."""
    return select(case((months.awaited, grain.value), else_=by_due_month(grain))).scalar_subquery()


def _up_to(how_far: str, owner: bool, team: bool, runs: int) -> Executable:
    """Whole months up to the day from the monthly sums, the days after them from the daily ones.

    Of money that is due in a month in which no limit falls, the first day of that month speaks for all. Months in
    which one falls are so many runs (see split_months), from `first_0` to before `end_0` and so on.
    """
    parts = scopes(sums, how_far, owner=owner, team=team)
    in_months = sums.c.start < MONTH
    on_days = and_(sums.c.start >= MONTH, sums.c.start <= AS_OF)
    bounds = [(bindparam(f"first_{n}", type_=Date), bindparam(f"end_{n}", type_=Date)) for n in range(runs)]
    whole = [or_(sums.c.due_day < first, sums.c.due_day >= end) for first, end in bounds]
    split = [(sums.c.due_day >= first, sums.c.due_day < end) for first, end in bounds]
    c = rows_of(
        sums,
        parts,
        (sums.c.series == _by_due_month(Grain.MONTH), in_months, *whole),
        (sums.c.series == _by_due_month(Grain.DAY), on_days, *whole),
        *((sums.c.series == Grain.MONTH.value, in_months, *one) for one in split),
        *((sums.c.series == Grain.DAY.value, on_days, *one) for one in split),
    ).c
    past_due = type_coerce(AS_OF - c.due_day, Integer)
    bucket = case(*((past_due <= limit, place) for place, limit in enumerate(BEYOND)), else_=len(BEYOND))
    fell_due = type_coerce(and_(c.due_day >= START, c.due_day < END), Boolean)
    is_due = type_coerce(c.due_day <= AS_OF, Boolean)
    key = [c.currency, bucket.label("bucket"), fell_due.label("in_period"), is_due.label("is_due"), c.deed]
    return select(*key, func.sum(c.amount), total(c.instalments)).where(IN_ONE_PROCESS).group_by(*key)


def _sold(how_far: str, owner: bool, team: bool) -> Executable:
    """What was billed within the period."""
    series = _by_due_month(Grain.MONTH), _by_due_month(Grain.DAY)
    c = in_period(sums, scopes(sums, how_far, owner=owner, team=team), *series).c
    return select(c.currency, func.sum(c.amount)).where(c.deed == Deed.BILLED.value).group_by(c.currency)


UP_TO = Variants(_up_to)
SOLD = Variants(_sold)
