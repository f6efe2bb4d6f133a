"""What leads own, name and promise, for the reconciler."""

from typing import Any

from sqlalchemy import ColumnElement, Table, exists, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on

from services.kit.aliases import recorded
from services.kit.facts import (
    PUBLISHED,
    TENANT,
    Copied,
    Facts,
    Law,
    Owned,
    Referred,
    in_team,
    kept_aliases,
    kept_roster,
    kept_teams,
    stand_where_merged,
    versions_told,
)
from services.kit.sql import Query
from services.kit.terms import Terms
from services.leads.__main__ import subscriptions
from services.leads.account_chains.store import approvals_table, pains_table
from services.leads.accounts.store import account_terms, accounts_table, contact_terms, contacts_table
from services.leads.activity.store import sale_lines_table, sales_table, touches_table
from services.leads.campaigns.store import table as campaigns_table
from services.leads.channels.store import costs_table
from services.leads.development.store import entries_table as notes_table
from services.leads.development.store import table as developments_table
from services.leads.discards.domain import State
from services.leads.discards.store import table as discards_table
from services.leads.lead_merges.domain import State as MergeState
from services.leads.lead_merges.store import table as lead_merges_table
from services.leads.lead_retention.store import holds_table
from services.leads.leads.domain import Status
from services.leads.leads.store import OPEN
from services.leads.leads.store import table as leads_table
from services.leads.leads.store import terms as lead_terms
from services.leads.merges.store import KINDS as FOLLOWING
from services.leads.phone_selling import OWNED as PHONE_SELLING
from services.leads.pool.store import UNOWNED, entries
from services.leads.prospects.store import table as prospects_table
from services.leads.refused_promotions.store import table as refused_table
from services.leads.relation_walls.store import table as wall_scores_table
from services.leads.review_boards.store import boards_table

e, a, c, p = leads_table.c, accounts_table.c, contacts_table.c, prospects_table.c
m, k = campaigns_table.c, costs_table.c
_stands = (e.owner_id, e.team_id, e.account_id, e.deal_id, e.channel, e.campaign, e.status)
LEAD = Owned("lead", select(e.id, e.version, *_stands).where(e.tenant_id == TENANT))
ACCOUNT = Owned("account", select(a.id, a.version, a.owner_id, a.team_id).where(a.tenant_id == TENANT))
MERGED = Owned(
    "merged account",
    select(a.id, a.version, a.merged_into).where(a.tenant_id == TENANT, a.merged_into.is_not(None)),
    told=False,
)
_both = union_all(*(select(one.tenant_id, one.id, one.version, one.merged_into) for one in (a, e))).subquery().c
MERGED_TOO = Owned(
    "merged account or lead",
    select(_both.id, _both.version, _both.merged_into).where(_both.tenant_id == TENANT, _both.merged_into.is_not(None)),
    told=False,
)
CONTACT = Owned("contact", select(c.id, c.version, c.account_id).where(c.tenant_id == TENANT))
PROSPECT = Owned(
    "prospect", select(p.id, p.version, p.owner_id, p.team_id, p.status, p.lead_id).where(p.tenant_id == TENANT)
)
f = refused_table.c
REFUSED = Owned(
    "refused promotion",
    select(f.id, literal(1).label("version"), f.lead_id, f.rep_id).where(f.tenant_id == TENANT),
)

_converted = e.status == Status.CONVERTED.value
DEAL_OF_LEAD = Referred(
    "opportunities",
    "deal",
    select(e.deal_id.label("id"), e.id.label("lead_id")).where(e.tenant_id == TENANT, e.deal_id.is_not(None)),
)
CONVERTED = Law(
    "a lead has an account or a task once it is converted, and no deal without an account",
    Query(
        select(e.id, func.format("%s with deal %s", e.status, e.deal_id).label("detail")).where(
            e.tenant_id == TENANT,
            (_converted != (e.account_id.is_not(None) | e.task_id.is_not(None)))
            | (e.deal_id.is_not(None) & e.account_id.is_(None)),
        )
    ),
)
g = discards_table.c
_asked = select(g.lead_id, g.reason).where(g.tenant_id == TENANT, g.state == State.REQUESTED.value).subquery("asked")
WAITING = Law(
    "a lead waits for a second look while a discard of it is REQUESTED",
    Query(
        select(
            func.coalesce(e.id, _asked.c.lead_id).label("id"),
            func.format("waits for %s, requested is %s", e.discard_request, _asked.c.reason).label("detail"),
        )
        .select_from(leads_table.join(_asked, e.id == _asked.c.lead_id, full=True))
        .where(
            (e.tenant_id == TENANT) | e.tenant_id.is_(None),
            func.coalesce(e.discard_request, "") != func.coalesce(_asked.c.reason, ""),
        )
    ),
)


def _findable(terms: Terms) -> Law:
    found = select(terms.of.c.id, literal("no terms").label("detail"))
    unfound = found.where(terms.of.c.tenant_id == TENANT, terms.missing())
    return Law(f"{terms.of.name} are found by search", Query(unfound))


FINDABLE = tuple(map(_findable, (lead_terms, account_terms, contact_terms)))
LYING = Law(
    "an open lead that nobody owns lies in the pool",
    Query(
        select(e.id, literal("not in the pool").label("detail")).where(
            e.tenant_id == TENANT,
            UNOWNED,
            OPEN,
            ~exists(select(1).where(entries.c.tenant_id == e.tenant_id, entries.c.lead_id == e.id)),
        )
    ),
)
_merge, _merging = lead_merges_table.c, lead_merges_table.c.state == MergeState.MERGED.value
_merged = (_merge.tenant_id == e.tenant_id) & (_merge.duplicate_id == e.id) & (_merge.lead_id == e.merged_into)
STANDING_AS_MERGED = Law(
    "a lead is MERGED while a merge of it stands, and says into which",
    Query(
        select(e.id, func.format("%s, merged into %s", e.status, e.merged_into).label("detail")).where(
            e.tenant_id == TENANT,
            ((e.status == Status.MERGED.value) != e.merged_into.is_not(None))
            | (e.merged_into.is_not(None) & ~exists(select(1).where(_merged, _merging))),
        )
    ),
)
w = wall_scores_table.c


def _known(name: str, rows: Table, detail: ColumnElement[Any]) -> Law:
    there = (c.tenant_id == rows.c.tenant_id) & (c.id == rows.c.contact_id) & c.erase_time.is_(None)
    of_whom = select(rows.c.contact_id.label("id"), detail.label("detail"))
    gone = of_whom.outerjoin(contacts_table, there).where(rows.c.tenant_id == TENANT, c.id.is_(None))
    return Law(f"{name} contacts who are there and not erased", Query(gone))


KNOWN = (
    _known("a relation wall scores", wall_scores_table, func.format("scored in %s", w.cycle)),
    _known("a pain is of", pains_table, func.format("pain %s", pains_table.c.id)),
    _known("an approval is of", approvals_table, func.format("approval %s", approvals_table.c.id)),
)
_approved = (approvals_table.c.tenant_id == TENANT) & approvals_table.c.delete_time.is_(None)
_up = (
    select(approvals_table.c.contact_id, approvals_table.c.approver_id)
    .where(_approved, approvals_table.c.approver_id.is_not(None))
    .cte("up", recursive=True)
)
_up = _up.union(
    select(_up.c.contact_id, approvals_table.c.approver_id)
    .join(approvals_table, approvals_table.c.contact_id == _up.c.approver_id)
    .where(_approved, approvals_table.c.approver_id.is_not(None))
)
ACYCLIC = Law(
    "nobody approves their own decisions by way of others",
    Query(
        select(_up.c.contact_id.label("id"), literal("in a circle").label("detail")).where(
            _up.c.contact_id == _up.c.approver_id
        )
    ),
)
v, q = developments_table.c, notes_table.c
_notes = (
    select(
        q.account_id,
        func.count().label("number"),
        func.min(q.create_time).label("first"),
        func.max(q.create_time).label("last"),
    )
    .where(q.tenant_id == TENANT)
    .group_by(q.account_id)
    .subquery("notes")
)
_newest = (
    select(q.account_id, q.item, q.done)
    .where(q.tenant_id == TENANT)
    .ext(distinct_on(q.account_id, q.item))
    .order_by(q.account_id, q.item, q.create_time.desc(), q.id.desc())
    .subquery("newest")
)
_of_all = (v.version, v.create_time, v.update_time), (_notes.c.number, _notes.c.first, _notes.c.last)
DEVELOPED = Law(
    "an account stands in its development where its entries say",
    Query(
        select(
            func.coalesce(v.account_id, _notes.c.account_id).label("id"),
            func.format("version %s, %s entries", v.version, _notes.c.number).label("detail"),
        )
        .select_from(developments_table.join(_notes, v.account_id == _notes.c.account_id, full=True))
        .where(
            (v.tenant_id == TENANT) | v.tenant_id.is_(None),
            or_(*(kept.is_distinct_from(noted) for kept, noted in zip(*_of_all, strict=True)))
            | exists(
                select(1).where(
                    _newest.c.account_id == v.account_id,
                    ~_newest.c.done,
                    v.ticks.op("@>")(func.jsonb_build_array(func.jsonb_build_object("item", _newest.c.item))),
                )
            ),
        )
    ),
)
"""As far as entries tell without their checklist: how many there are, from when until when, and what was taken back."""
CAMPAIGN = Owned("campaign", select(m.id, m.version, m.channel, m.name, m.cost).where(m.tenant_id == TENANT))
COST = Owned("channel cost", select(k.id, literal(1).label("version"), k.channel, k.cost).where(k.tenant_id == TENANT))
t, s, n = touches_table.c, sales_table.c, sale_lines_table.c
TOUCHES = Copied(
    "timeline",
    "touchpoint of an account",
    select(
        t.id,
        t.version,
        recorded(touches_table, "account_id")[1].label("account_id"),
        t.kind,
        t.category,
        t.occurred_time,
    ).where(t.tenant_id == TENANT),
    forget=(touches_table, "id"),
)
_lines = select(func.count()).where(n.tenant_id == s.tenant_id, n.contract_id == s.id).scalar_subquery()
_sold = (
    s.id,
    recorded(sales_table, "account_id")[1].label("account_id"),
    s.amount,
    s.amount_currency.label("currency"),
    s.sign_date.label("sign_day"),
)
SALES = Copied(
    "contracts",
    "signed contract",
    select(*_sold, _lines.label("lines")).where(s.tenant_id == TENANT),
    forget=(sales_table, "id"),
)
"""Sales that were heard of before there were lines differ in their number: a repair brings the lines."""
LEAD_HOLD = Owned(
    "lead hold",
    select(holds_table.c.id, literal(1).label("version")).where(holds_table.c.tenant_id == TENANT),
    told=False,
)
OWNED = (LEAD, ACCOUNT, CONTACT, PROSPECT, REFUSED, CAMPAIGN, COST)
FACTS = Facts(
    owned=(*OWNED, MERGED, MERGED_TOO, LEAD_HOLD),
    copied=(kept_teams(), *kept_roster(), kept_aliases("leads", "merged account or lead"), TOUCHES, SALES),
    referred=(DEAL_OF_LEAD,),
    laws=(
        *map(versions_told, OWNED),
        PUBLISHED,
        in_team(leads_table),
        in_team(accounts_table),
        in_team(prospects_table),
        in_team(boards_table),
        *map(in_team, PHONE_SELLING),
        CONVERTED,
        LYING,
        STANDING_AS_MERGED,
        WAITING,
        DEVELOPED,
        *KNOWN,
        ACYCLIC,
        *FINDABLE,
        *(stand_where_merged(table, "account_id") for table in FOLLOWING.values()),
    ),
    subscriptions=subscriptions,
)
