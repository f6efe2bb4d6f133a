"""Leads by channel and campaign, out of the daily and monthly sums."""

from sqlalchemy import Date, and_, bindparam, or_, select
from sqlalchemy.sql.expression import Executable

from services.analytics.days import Grain
from services.analytics.leads.store import rollup
from services.analytics.rollups.store import in_scope, total
from services.kit.sql import Variants

sums = rollup.table
START, END = bindparam("start", type_=Date), bindparam("end", type_=Date)
FIRST_MONTH, LAST_MONTH = bindparam("first_month", type_=Date), bindparam("last_month", type_=Date)


def _counted(how_far: str, owner: bool, team: bool) -> Executable:
    """Whole months from the monthly sums, the days around them from the daily ones."""
    c = sums.c
    months = and_(c.series == Grain.MONTH.value, c.start >= FIRST_MONTH, c.start < LAST_MONTH)
    before, after = and_(c.start >= START, c.start < FIRST_MONTH), and_(c.start >= LAST_MONTH, c.start < END)
    days = and_(c.series == Grain.DAY.value, or_(before, after))
    return (
        select(c.channel, c.campaign, *(total(c[name]) for name in rollup.sums))
        .where(in_scope(sums, how_far, owner=owner, team=team), or_(months, days))
        .group_by(c.channel, c.campaign)
    )


COUNTED = Variants(_counted)
