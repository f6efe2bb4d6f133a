"""What was billed and paid, out of the daily and monthly sums."""

from sqlalchemy import Boolean, Date, Integer, and_, bindparam, case, func, select, type_coerce
from sqlalchemy.sql.expression import Executable

from services.analytics.days import Grain
from services.analytics.instalments.domain import Deed
from services.analytics.instalments.store import rollup
from services.analytics.receivables.domain import BEYOND
from services.analytics.rollups.store import END, START, in_period, rows_of, scopes, total
from services.kit.sql import Variants

sums = rollup.table
AS_OF, MONTH = bindparam("as_of", type_=Date), bindparam("month", type_=Date)


def _up_to(how_far: str, owner: bool, team: bool) -> Executable:
    """Whole months up to the day from the monthly sums, the days after them from the daily ones."""
    parts = scopes(sums, how_far, owner=owner, team=team)
    months = (sums.c.series == Grain.MONTH.value, sums.c.start < MONTH)
    days = (sums.c.series == Grain.DAY.value, sums.c.start >= MONTH, sums.c.start <= AS_OF)
    c = rows_of(sums, parts, months, days).c
    past_due = type_coerce(AS_OF - c.due_day, Integer)
    bucket = case(*((past_due <= limit, place) for place, limit in enumerate(BEYOND)), else_=len(BEYOND))
    fell_due = type_coerce(and_(c.due_day >= START, c.due_day < END), Boolean)
    is_due = type_coerce(c.due_day <= AS_OF, Boolean)
    key = [c.currency, bucket.label("bucket"), fell_due.label("in_period"), is_due.label("is_due"), c.deed]
    return select(*key, func.sum(c.amount), total(c.instalments)).group_by(*key)


def _sold(how_far: str, owner: bool, team: bool) -> Executable:
    """What was billed within the period."""
    c = in_period(sums, scopes(sums, how_far, owner=owner, team=team), Grain.MONTH.value, Grain.DAY.value).c
    return select(c.currency, func.sum(c.amount)).where(c.deed == Deed.BILLED.value).group_by(c.currency)


UP_TO = Variants(_up_to)
SOLD = Variants(_sold)
