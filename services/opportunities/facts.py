"""What opportunities own, name and promise, for the reconciler."""

from sqlalchemy import Numeric, func, literal, select

from services.kit.aliases import recorded
from services.kit.facts import (
    PUBLISHED,
    TENANT,
    Facts,
    Law,
    Owned,
    Referred,
    in_team,
    kept_aliases,
    kept_teams,
    stand_where_merged,
    versions_told,
)
from services.kit.sql import Query
from services.opportunities.__main__ import subscriptions
from services.opportunities.deals.store import table
from services.opportunities.history.store import stage_moves_table

d = table.c
_recorded = recorded(table, "account_id")[1].label("account_id")
DEAL = Owned(
    "deal",
    select(
        *(d.id, d.version, d.name, d.owner_id, d.team_id, _recorded, d.lead_id),
        *(d.process, d.stage, d.state, d.product),
        func.coalesce(d.amount, literal(0, Numeric(15, 2))).label("amount"),
        func.coalesce(d.amount_currency, "").label("currency"),
    ).where(d.tenant_id == TENANT),
)
ACCOUNT_OF_DEAL = Referred(
    "leads",
    "account",
    select(d.account_id.label("id")).distinct().where(d.tenant_id == TENANT, d.account_id.is_not(None)),
)
m = stage_moves_table.c
_newest = (
    select(m.stage).where(m.tenant_id == d.tenant_id, m.deal_id == d.id).order_by(m.version.desc()).limit(1)
).scalar_subquery()
WHERE_IT_STANDS = Law(
    "a deal stands where its history says",
    Query(
        select(d.id, func.format("stands in %s, came last into %s", d.stage, _newest).label("detail")).where(
            d.tenant_id == TENANT, d.stage.is_distinct_from(_newest)
        )
    ),
)
FACTS = Facts(
    owned=(DEAL,),
    copied=(kept_teams(), kept_aliases("leads", "merged account")),
    referred=(ACCOUNT_OF_DEAL,),
    laws=(versions_told(DEAL), PUBLISHED, in_team(table), WHERE_IT_STANDS, stand_where_merged(table, "account_id")),
    subscriptions=subscriptions,
)
