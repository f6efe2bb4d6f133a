"""What was billed and paid, out of the daily and monthly sums."""

from sqlalchemy import Boolean, Date, Integer, and_, bindparam, case, func, or_, select, type_coerce
from sqlalchemy.sql.expression import Executable

from services.analytics.days import Grain
from services.analytics.instalments.domain import Deed
from services.analytics.instalments.store import rollup
from services.analytics.receivables.domain import BEYOND
from services.analytics.rollups.store import in_scope, total
from services.kit.sql import Variants

sums = rollup.table
AS_OF, MONTH = bindparam("as_of", type_=Date), bindparam("month", type_=Date)
START, END = bindparam("start", type_=Date), bindparam("end", type_=Date)
FIRST_MONTH, LAST_MONTH = bindparam("first_month", type_=Date), bindparam("last_month", type_=Date)


def _up_to(how_far: str, owner: bool, team: bool) -> Executable:
    """Whole months before that of the day from the monthly sums, the days of its month from the daily ones."""
    c = sums.c
    past_due = type_coerce(AS_OF - c.due_day, Integer)
    bucket = case(*((past_due <= days, place) for place, days in enumerate(BEYOND)), else_=len(BEYOND))
    in_period = type_coerce(and_(c.due_day >= START, c.due_day < END), Boolean)
    is_due = type_coerce(c.due_day <= AS_OF, Boolean)
    months = and_(c.series == Grain.MONTH.value, c.start < MONTH)
    days = and_(c.series == Grain.DAY.value, c.start >= MONTH, c.start <= AS_OF)
    key = [c.currency, bucket.label("bucket"), in_period.label("in_period"), is_due.label("is_due"), c.deed]
    return (
        select(*key, func.sum(c.amount), total(c.instalments))
        .where(in_scope(sums, how_far, owner=owner, team=team), or_(months, days))
        .group_by(*key)
    )


def _sold(how_far: str, owner: bool, team: bool) -> Executable:
    """What was billed within the period."""
    c = sums.c
    months = and_(c.series == Grain.MONTH.value, c.start >= FIRST_MONTH, c.start < LAST_MONTH)
    before, after = and_(c.start >= START, c.start < FIRST_MONTH), and_(c.start >= LAST_MONTH, c.start < END)
    days = and_(c.series == Grain.DAY.value, or_(before, after))
    scope = in_scope(sums, how_far, owner=owner, team=team)
    return (
        select(c.currency, func.sum(c.amount))
        .where(scope, c.deed == Deed.BILLED.value, or_(months, days))
        .group_by(c.currency)
    )


UP_TO = Variants(_up_to)
SOLD = Variants(_sold)
