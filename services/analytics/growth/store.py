"""What was opened, won and lost within a period, out of the daily and monthly sums."""

from typing import Any

from sqlalchemy import Date, Text, and_, bindparam, cast, func, literal, or_, select
from sqlalchemy.sql.expression import Executable

from services.analytics.deals.store import rollup
from services.analytics.rollups.store import in_scope, total
from services.kit.sql import Variants

sums = rollup.table
START, END = bindparam("start", type_=Date), bindparam("end", type_=Date)
FIRST_MONTH, LAST_MONTH = bindparam("first_month", type_=Date), bindparam("last_month", type_=Date)
GROUPS: dict[str, Any] = {
    "": literal(""),
    "owner": cast(sums.c.owner_id, Text),
    "team": cast(sums.c.team_id, Text),
    "month": func.to_char(sums.c.start, "YYYY-MM"),
    "product": sums.c.product,
}


def _counted(how_far: str, owner: bool, team: bool, product: bool, group: str) -> Executable:
    """Whole months from the monthly sums, the days around them from the daily ones."""
    c = sums.c
    by_product = "_BY_PRODUCT" if product or group == "product" else ""
    months = and_(c.series == f"FLOW_MONTH{by_product}", c.start >= FIRST_MONTH, c.start < LAST_MONTH)
    before, after = and_(c.start >= START, c.start < FIRST_MONTH), and_(c.start >= LAST_MONTH, c.start < END)
    days = and_(c.series == f"FLOW_DAY{by_product}", or_(before, after))
    key = GROUPS[group].label("group")
    found = (
        select(key, c.state, c.currency, total(c.deals), func.sum(c.amount), total(c.days))
        .where(in_scope(sums, how_far, owner=owner, team=team, per=group), or_(months, days))
        .group_by(key, c.state, c.currency)
    )
    if product or not by_product:
        found = found.where(c.product == bindparam("product", type_=Text))
    return found


COUNTED = Variants(_counted)
