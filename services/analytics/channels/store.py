"""Leads by channel and campaign, out of the daily and monthly sums."""

from sqlalchemy import select
from sqlalchemy.sql.expression import Executable

from services.analytics.days import Grain
from services.analytics.leads.store import rollup
from services.analytics.rollups.store import in_period, scopes, total
from services.kit.sql import Variants

sums = rollup.table


def _counted(how_far: str, owner: bool, team: bool) -> Executable:
    parts = scopes(sums, how_far, owner=owner, team=team)
    c = in_period(sums, parts, Grain.MONTH.value, Grain.DAY.value).c
    counted = select(c.channel, c.campaign, *(total(c[name]) for name in rollup.sums))
    return counted.group_by(c.channel, c.campaign)


COUNTED = Variants(_counted)
