"""Described leads by channel, attribute and value, out of the daily and monthly sums."""

from sqlalchemy import Text, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.expression import Executable

from services.analytics.days import Grain
from services.analytics.descriptions.store import rollup
from services.analytics.rollups.store import in_period, scopes, total
from services.kit.sql import Variants


def _counted(how_far: str, owner: bool, team: bool, channels: bool) -> Executable:
    parts = scopes(rollup.table, how_far, owner=owner, team=team)
    if channels:
        wanted = rollup.table.c.channel == any_(bindparam("channels", type_=ARRAY(Text)))
        parts = tuple(part & wanted for part in parts)
    c = in_period(rollup.table, parts, Grain.MONTH.value, Grain.DAY.value).c
    key = (c.channel, c.attribute, c.value)
    return select(*key, total(c.leads), total(c.signed)).group_by(*key)


COUNTED = Variants(_counted)
