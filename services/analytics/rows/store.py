"""The lists of deals, instalments and leads that numbers count."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import process_pb2
from sqlalchemy import ColumnElement, Date, Text, Uuid, and_, any_, bindparam, exists, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.analytics.deals.store import deals
from services.analytics.descriptions.store import HAS_VALUE, IS_DESCRIBED, IS_SIGNED
from services.analytics.funnel.store import BECAME, BEGAN, ENDED, OPEN_AT_END, began, ended
from services.analytics.instalments.store import instalments, payments
from services.analytics.leads.domain import LEFT
from services.analytics.leads.store import COUNTS, leads
from services.analytics.nurturing.store import DUE, MADE, MEANT, of_lead, spans, steps, with_lead
from services.analytics.refused_promotions.store import WITHIN as REFUSED_THEN
from services.analytics.refused_promotions.store import of_lead as of_refused_lead
from services.analytics.refused_promotions.store import refused
from services.analytics.refused_promotions.store import with_lead as with_refused_lead
from services.analytics.rollups.store import END, START
from services.kit.pages import Filter, Listing, by_id, by_text
from services.kit.sql import Query

AS_OF = bindparam("as_of", type_=Date)


def _within(column: Any) -> ColumnElement[bool]:
    return and_(column >= START, column < END)


def _deals(within: ColumnElement[bool]) -> Listing:
    currency = or_(deals.c.currency == bindparam("currency", type_=Text), deals.c.currency == "")
    filters = {
        "owner_id": by_id(deals.c.owner_id),
        "team_id": by_id(deals.c.team_id),
        "product": by_text(deals.c.product),
        "process": by_text(deals.c.process),
        "currency": Filter(currency),
    }
    return Listing(deals, filters, orders=("amount desc",), within=within)


def _of_funnel(stage: bool, state: bool) -> Listing:
    found = (
        select(1)
        .select_from(ended.outerjoin(began, BEGAN))
        .where(ended.c.tenant_id == deals.c.tenant_id, ended.c.deal_id == deals.c.id, ENDED)
        .where(bindparam("state", type_=Text) == BECAME if state else OPEN_AT_END)
    )
    if stage:
        found = found.where(ended.c.stage == bindparam("stage", type_=Text))
    # OFFSET keeps PostgreSQL from joining all stays to all deals: those of each deal are looked up by its id.
    return _deals(exists(found.offset(literal_column("0"))))


FUNNEL = {(stage, state): _of_funnel(stage, state) for stage in (True, False) for state in (True, False)}
OPENED = _deals(_within(deals.c.open_day))
CLOSED = _deals(and_(deals.c.state == bindparam("outcome", type_=Text), _within(deals.c.close_day)))

_paid_by_then = (
    select(func.coalesce(func.sum(payments.c.amount), 0))
    .where(
        payments.c.tenant_id == instalments.c.tenant_id,
        payments.c.instalment_id == instalments.c.id,
        payments.c.day <= AS_OF,
    )
    .scalar_subquery()
)
_signed_by_then = instalments.c.sign_day <= AS_OF


def _instalments(within: ColumnElement[bool]) -> Listing:
    filters = {
        "owner_id": by_id(instalments.c.owner_id),
        "team_id": by_id(instalments.c.team_id),
        "currency": by_text(instalments.c.currency),
    }
    return Listing(instalments, filters, orders=("due_day",), within=and_(_signed_by_then, within))


_of_age = instalments.c.due_day.between(bindparam("first_due", type_=Date), bindparam("last_due", type_=Date))
OPEN_INSTALMENTS = _instalments(and_(_of_age, instalments.c.amount > _paid_by_then))
DUE_INSTALMENTS = _instalments(_within(instalments.c.due_day))
PAID = Query(
    select(instalments.c.id, _paid_by_then).where(
        instalments.c.tenant_id == bindparam("tenant_id"),
        instalments.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
    ),
    "paid by then",
)


LEFT_STAGE = or_(
    *((bindparam("left_stage", type_=Text) == stage) & leads.c[name].is_not(None) for stage, name in LEFT.items())
)


def _leads(channel: bool, campaign: bool) -> Listing:
    within = [_within(leads.c.capture_day), COUNTS]
    if channel:
        within.append(leads.c.channel == any_(bindparam("channels", type_=ARRAY(Text))))
    if campaign:
        within.append(leads.c.campaign == any_(bindparam("campaigns", type_=ARRAY(Text))))
    stage = process_pb2.Passage.Stage
    filters = {
        "owner_id": by_id(leads.c.owner_id),
        "team_id": by_id(leads.c.team_id),
        "lead_stage": Filter(leads.c.stage == bindparam("lead_stage", type_=Text), stage.Name),
        "described": Filter(IS_DESCRIBED),
        "attribute": Filter(HAS_VALUE),
        "signed": Filter(IS_SIGNED),
        "left_stage": Filter(LEFT_STAGE, stage.Name),
    }
    return Listing(leads, filters, orders=("capture_time desc",), within=and_(*within))


LEADS = {(channel, campaign): _leads(channel, campaign) for channel in (True, False) for campaign in (True, False)}


def _of_lead(column: str) -> ColumnElement[bool]:
    """Steps whose lead has that in the column of that name."""
    wanted = leads.c[column] == bindparam(column, type_=leads.c[column].type)
    return exists(select(1).where(of_lead(steps), wanted))


def _steps(within: ColumnElement[bool]) -> Listing:
    filters = {
        "owner_id": Filter(_of_lead("owner_id"), UUID),
        "team_id": Filter(_of_lead("team_id"), UUID),
        "channel": Filter(_of_lead("channel")),
    }
    return Listing(steps, filters, orders=("due_day",), within=within, sight=with_lead)


NURTURE_PLANNED, NURTURE_DONE = _steps(and_(DUE, MEANT)), _steps(and_(DUE, MADE))
_span = spans()
WARMED_UP = Listing(
    leads,
    {
        "owner_id": by_id(leads.c.owner_id),
        "team_id": by_id(leads.c.team_id),
        "channel": by_text(leads.c.channel),
    },
    orders=("capture_time desc",),
    within=COUNTS & leads.c.id.in_(select(_span.c.lead_id).where(_span.c.final > _span.c.base)),
)
_why = refused.c.reason == bindparam("reason", type_=Text)
_refused_then = select(refused.c.lead_id).where(refused.c.tenant_id == leads.c.tenant_id, REFUSED_THEN)
REFUSED_PROMOTIONS = Listing(
    refused,
    {
        "owner_id": Filter(of_refused_lead("owner_id"), UUID),
        "team_id": Filter(of_refused_lead("team_id"), UUID),
        "reason": Filter(_why),
    },
    orders=("refuse_day desc",),
    within=REFUSED_THEN,
    sight=with_refused_lead,
)
REFUSED_LEADS = Listing(
    leads,
    {
        "owner_id": by_id(leads.c.owner_id),
        "team_id": by_id(leads.c.team_id),
        "reason": Filter(leads.c.id.in_(_refused_then.where(_why))),
    },
    orders=("capture_time desc",),
    within=leads.c.id.in_(_refused_then),
)
COMPANIES = Query(
    select(leads.c.id, leads.c.company, leads.c.owner_id, leads.c.team_id, leads.c.channel).where(
        leads.c.tenant_id == bindparam("tenant_id"), leads.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    )
)
