"""What was billed and paid, out of the daily and monthly sums."""

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Integer,
    all_,
    and_,
    any_,
    bindparam,
    case,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.expression import Executable

from services.analytics.days import Grain
from services.analytics.instalments.domain import Deed, by_due_month
from services.analytics.instalments.store import months, rollup
from services.analytics.receivables.domain import BEYOND
from services.analytics.rollups.store import END, START, in_period, rows_of, scopes, total
from services.kit.sql import Variants

sums = rollup.table
AS_OF, MONTH = bindparam("as_of", type_=Date), bindparam("month", type_=Date)


SPLIT = bindparam("split", type_=ARRAY(Date))
"""All days of the months in which a limit falls: what is due then is added up by day."""


def _by_due_month(grain: Grain) -> ColumnElement[str]:
    """The series by due month, or by due day while those by month are still to be made."""
    return select(case((months.awaited, grain.value), else_=by_due_month(grain))).scalar_subquery()


def _up_to(how_far: str, owner: bool, team: bool) -> Executable:
    """Whole months up to the day from the monthly sums, the days after them from the daily ones.

    Of money that is due in a month in which no limit falls, the first day of that month speaks for all.
    """
    parts = scopes(sums, how_far, owner=owner, team=team)
    in_months = sums.c.start < MONTH
    on_days = and_(sums.c.start >= MONTH, sums.c.start <= AS_OF)
    whole, split = sums.c.due_day != all_(SPLIT), sums.c.due_day == any_(SPLIT)
    c = rows_of(
        sums,
        parts,
        (sums.c.series == _by_due_month(Grain.MONTH), in_months, whole),
        (sums.c.series == _by_due_month(Grain.DAY), on_days, whole),
        (sums.c.series == Grain.MONTH.value, in_months, split),
        (sums.c.series == Grain.DAY.value, on_days, split),
    ).c
    past_due = type_coerce(AS_OF - c.due_day, Integer)
    bucket = case(*((past_due <= limit, place) for place, limit in enumerate(BEYOND)), else_=len(BEYOND))
    fell_due = type_coerce(and_(c.due_day >= START, c.due_day < END), Boolean)
    is_due = type_coerce(c.due_day <= AS_OF, Boolean)
    key = [c.currency, bucket.label("bucket"), fell_due.label("in_period"), is_due.label("is_due"), c.deed]
    return select(*key, func.sum(c.amount), total(c.instalments)).group_by(*key)


def _sold(how_far: str, owner: bool, team: bool) -> Executable:
    """What was billed within the period."""
    series = _by_due_month(Grain.MONTH), _by_due_month(Grain.DAY)
    c = in_period(sums, scopes(sums, how_far, owner=owner, team=team), *series).c
    return select(c.currency, func.sum(c.amount)).where(c.deed == Deed.BILLED.value).group_by(c.currency)


UP_TO = Variants(_up_to)
SOLD = Variants(_sold)
