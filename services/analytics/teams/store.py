"""The facts and sums of one owner."""

from sqlalchemy import Table, Uuid, bindparam, select, update

from services.analytics.deals import store as deals
from services.analytics.descriptions import store as descriptions
from services.analytics.instalments import store as instalments
from services.analytics.leads import store as leads
from services.analytics.prospects.store import prospects
from services.analytics.rollups.domain import Level
from services.analytics.rollups.store import Rollup
from services.kit.sql import Query

KINDS = ("deals", "instalments", "leads", "prospects", "personas")
"""The kinds of facts, in the order in which they are held."""
ROLLUPS = (deals.rollup, instalments.rollup, leads.rollup, descriptions.rollup)
_owner, _team = bindparam("owner", type_=Uuid), bindparam("team", type_=Uuid)


def _owned(rollup: Rollup) -> Query:
    c = rollup.table.c
    mine = (c.tenant_id == bindparam("tenant_id")) & (c.level == Level.OWNER.value) & (c.owner_id == _owner)
    return Query(select(*(c[name] for name in (*rollup.key, *rollup.sums))).where(mine, c.team_id != _team))


def _restamped(table: Table) -> Query:
    mine = (table.c.tenant_id == bindparam("tenant_id")) & (table.c.owner_id == _owner)
    changed = table.c.team_id.is_distinct_from(_team)
    return Query(update(table).where(mine, changed).values(team_id=_team), f"restamp {table.name}")


OWNED = [(rollup, _owned(rollup)) for rollup in ROLLUPS]
FACTS = (deals.deals, instalments.contracts, instalments.instalments, leads.leads, prospects, descriptions.described)
RESTAMP = [_restamped(table) for table in FACTS]
