"""What was opened, won and lost within a period, out of the daily and monthly sums."""

from sqlalchemy import Text, bindparam, cast, func, literal, select
from sqlalchemy.sql.expression import Executable

from services.analytics.deals.store import rollup
from services.analytics.rollups.store import in_period, scopes, total
from services.kit.sql import Variants

sums = rollup.table


def _counted(how_far: str, owner: bool, team: bool, product: bool, group: str) -> Executable:
    by_product = "_BY_PRODUCT" if product or group == "product" else ""
    parts = scopes(sums, how_far, owner=owner, team=team, per=group)
    if product or not by_product:
        parts = tuple(part & (sums.c.product == bindparam("product", type_=Text)) for part in parts)
    c = in_period(sums, parts, f"FLOW_MONTH{by_product}", f"FLOW_DAY{by_product}").c
    key = {
        "": literal(""),
        "owner": cast(c.owner_id, Text),
        "team": cast(c.team_id, Text),
        "month": func.to_char(c.start, "YYYY-MM"),
        "product": c.product,
    }[group].label("group")
    counted = select(key, c.state, c.currency, total(c.deals), func.sum(c.amount), total(c.days))
    return counted.group_by(key, c.state, c.currency)


COUNTED = Variants(_counted)
