"""What analytics keep of leads, deals and contracts, and that their sums are the sums of it, for the reconciler."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, Select, Uuid, case, cast, func, literal, select, text, union_all

from services.analytics.__main__ import subscriptions
from services.analytics.channels.store import costs
from services.analytics.days import FOREVER, Grain
from services.analytics.deals.domain import WON
from services.analytics.deals.store import deals
from services.analytics.deals.store import months as of_resting
from services.analytics.deals.store import rollup as of_deals
from services.analytics.descriptions.domain import WHOLE
from services.analytics.descriptions.store import STANDS, described
from services.analytics.descriptions.store import rollup as of_personas
from services.analytics.instalments.domain import Deed
from services.analytics.instalments.store import contracts, instalments, payments
from services.analytics.instalments.store import months as of_due
from services.analytics.instalments.store import rollup as of_instalments
from services.analytics.leads.domain import CONVERTED, DISCARDED
from services.analytics.leads.store import COUNTS, leads
from services.analytics.leads.store import rollup as of_leads
from services.analytics.months.store import Months
from services.analytics.prospects.store import prospects
from services.analytics.rebuild import PROJECTION
from services.analytics.refused_promotions.store import refused
from services.analytics.rollups.domain import NOBODY, Level
from services.analytics.rollups.store import Rollup
from services.kit.facts import TENANT, Copied, Facts, Law, as_text, kept_aliases, kept_teams
from services.kit.sql import Query

e, d, c, i, p, o = leads.c, deals.c, contracts.c, instalments.c, payments.c, prospects.c
k, s, r = costs.c, described.c, refused.c
MONEY = Numeric(15, 2)
EVERYBODY = UUID(int=(1 << 128) - 1)
"""Whose the sums of the tenant are, told from those of what nobody owns, such as leads in the public pool."""

CAMPAIGN = select(k.id, k.version, k.channel, k.campaign.label("name"), k.amount.label("cost"))
COST = select(k.id, k.version, k.channel, k.amount.label("cost"))
LEAD = select(e.id, e.version, e.owner_id, e.team_id, e.channel, e.campaign, e.status)
PROSPECT = select(o.id, o.version, o.owner_id, o.team_id, o.status, o.lead_id)
REFUSED = select(r.id, literal(1).label("version"), r.lead_id, r.rep_id)
DEAL = select(
    *(d.id, d.version, d.name, d.owner_id, d.team_id, d.account_id, d.process, d.stage, d.state, d.product),
    *(d.amount, d.currency),
)
CONTRACT = select(c.id, c.version, c.number, c.account_id, c.owner_id, c.team_id, c.sign_day)
_paid = select(func.sum(p.amount)).where(p.tenant_id == i.tenant_id, p.instalment_id == i.id).scalar_subquery()
INSTALMENT = select(
    *(i.id, i.version, i.contract_id, func.nullif(i.due_day, FOREVER).label("due_day"), i.amount, i.currency),
    *(i.number, i.account_id, i.owner_id, i.team_id, i.sign_day),
    cast(func.coalesce(_paid, 0), MONEY).label("paid"),
)


def _sums_true(rollup: Rollup, series: tuple[Any, ...], facts: Select[Any], sums: tuple[str, ...]) -> Law:
    """The sums by owner and of the tenant, over all days, are those of the facts."""
    t = rollup.table.c
    kept = [func.sum(t[name]).label(name) for name in sums]
    by_owner = select(t.owner_id, t.team_id, *kept).where(t.tenant_id == TENANT, *series)
    by_owner = by_owner.where(t.level == Level.OWNER.value).group_by(t.owner_id, t.team_id)
    nobody, everybody = literal(NOBODY, Uuid), literal(EVERYBODY, Uuid)
    all_kept = select(everybody.label("owner_id"), nobody.label("team_id"), *kept)
    all_kept = all_kept.where(t.tenant_id == TENANT, *series, t.level == Level.TENANT.value)
    one = facts.subquery()
    counted = [func.sum(one.c[name]).label(name) for name in sums]
    team = func.coalesce(one.c.team_id, nobody).label("team_id")
    by_fact = select(one.c.owner_id, team, *counted).group_by(one.c.owner_id, team)
    all_facts = select(everybody.label("owner_id"), nobody.label("team_id"), *counted)
    ours = union_all(by_owner, all_kept).subquery()
    theirs = union_all(by_fact, all_facts).subquery()
    same = (ours.c.owner_id == theirs.c.owner_id) & (ours.c.team_id == theirs.c.team_id)
    of_ours = as_text(*(cast(func.coalesce(ours.c[name], 0), Numeric(20, 2)) for name in sums))
    of_theirs = as_text(*(cast(func.coalesce(theirs.c[name], 0), Numeric(20, 2)) for name in sums))
    detail = func.format(
        "team %s: sums %s, facts %s", func.coalesce(ours.c.team_id, theirs.c.team_id), of_ours, of_theirs
    )
    found = select(func.coalesce(ours.c.owner_id, theirs.c.owner_id).label("id"), detail.label("detail"))
    return Law(
        f"{rollup.table.name} are the sums of the facts",
        Query(found.select_from(ours.join(theirs, same, full=True)).where(of_ours != of_theirs)),
    )


def _months_true(months: Months) -> Law:
    """The sums by month, of the tenant and by owner, are those by day, once they are made."""
    return Law(f"{months.table.name} by month are those by day", months.broken)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


_leads = select(
    *(e.owner_id, e.team_id, literal(1).label("leads"), _count(e.qualified).label("qualified")),
    *(_count(e.status == word).label(name) for word, name in ((CONVERTED, "converted"), (DISCARDED, "discarded"))),
).where(e.tenant_id == TENANT, COUNTS)
_opened = select(d.owner_id, d.team_id, literal(1).label("deals"), d.amount).where(d.tenant_id == TENANT)
_billed = select(i.owner_id, i.team_id, i.amount, literal(1).label("instalments")).where(
    i.tenant_id == TENANT, i.sign_day.is_not(None)
)
_paid_in = (
    select(i.owner_id, i.team_id, p.amount)
    .join_from(payments, instalments, (p.tenant_id == i.tenant_id) & (p.instalment_id == i.id))
    .where(p.tenant_id == TENANT, i.sign_day.is_not(None))
)
_described = select(
    *(s.owner_id, s.team_id, literal(1).label("leads"), _count(s.signed).label("signed")),
).where(s.tenant_id == TENANT, s.owner_id.is_not(None), s["values"] != text("'{}'::jsonb"))
COUNTED_AS_THEY_STAND = Law(
    "described leads are counted as they and their deals stand",
    Query(
        select(s.id, func.format("counted for %s, signed %s", s.owner_id, s.signed).label("detail"))
        .select_from(STANDS)
        .where(
            s.tenant_id == TENANT,
            s.owner_id.is_distinct_from(case((COUNTS, e.owner_id)))
            | s.team_id.is_distinct_from(e.team_id)
            | (s.channel != e.channel)
            | (s.signed != func.coalesce(d.state == WON, False)),
        )
    ),
)
_persona = of_personas.table.c
_lead, _deal, _owed = of_leads.table.c, of_deals.table.c, of_instalments.table.c
_daily = _owed.series == Grain.DAY.value
SUMS = (
    _sums_true(of_leads, (_lead.series == Grain.DAY.value,), _leads, ("leads", "qualified", "converted", "discarded")),
    _sums_true(of_deals, (_deal.series == f"FLOW_{Grain.DAY}", _deal.state == "OPENED"), _opened, ("deals", "amount")),
    _sums_true(
        of_personas, (_persona.series == Grain.DAY.value, _persona.attribute == WHOLE), _described, ("leads", "signed")
    ),
    _sums_true(of_instalments, (_daily, _owed.deed == Deed.BILLED.value), _billed, ("amount", "instalments")),
    _sums_true(of_instalments, (_daily, _owed.deed != Deed.BILLED.value), _paid_in, ("amount",)),
)
FACTS = Facts(
    copied=(
        Copied("leads", "lead", LEAD.where(e.tenant_id == TENANT)),
        Copied("leads", "prospect", PROSPECT.where(o.tenant_id == TENANT)),
        Copied("leads", "refused promotion", REFUSED.where(r.tenant_id == TENANT)),
        Copied("leads", "campaign", CAMPAIGN.where(k.tenant_id == TENANT, k.campaign != "")),
        Copied("leads", "channel cost", COST.where(k.tenant_id == TENANT, k.campaign == "")),
        Copied("opportunities", "deal", DEAL.where(d.tenant_id == TENANT)),
        Copied("contracts", "signed contract", CONTRACT.where(c.tenant_id == TENANT)),
        Copied("contracts", "instalment", INSTALMENT.where(i.tenant_id == TENANT)),
        kept_teams(),
        kept_aliases("leads", "merged account"),
    ),
    laws=(*SUMS, _months_true(of_resting), _months_true(of_due), COUNTED_AS_THEY_STAND),
    subscriptions=subscriptions,
    projection=PROJECTION,
)
