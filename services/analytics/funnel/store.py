"""What a funnel counts, out of sums or out of the deals themselves."""

from sqlalchemy import (
    Float,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.sql.expression import Executable

from services.analytics.deals.domain import MOVED, RESTING, State
from services.analytics.deals.store import deals, rollup, spans, stages
from services.analytics.rollups.store import END, START, rows_of, scopes, total
from services.kit.sql import Query, Variants
from services.kit.visibility import in_sight

FACTOR = bindparam("factor", type_=Float)
sums = rollup.table


def _calendar(how_far: str, owner: bool, team: bool) -> Executable:
    """Deals that moved or were closed in a part of the calendar or stood still through it; and those still standing."""
    parts = scopes(sums, how_far, owner=owner, team=team)
    product = sums.c.product == bindparam("product", type_=Text)
    settled = (product, sums.c.series == bindparam("series", type_=Text), sums.c.start == START)
    standing = (product, sums.c.series == bindparam("resting", type_=Text), sums.c.start < START)
    c = rows_of(sums, parts, settled, standing).c
    stalled = and_(c.expected_days > 0, type_coerce(END - c.start, Integer) > FACTOR * c.expected_days)
    state = case((c.state != RESTING, c.state), (stalled, State.STALLED.value), else_=State.NORMAL.value).label("state")
    counted = select(c.process, c.stage, state, c.currency, total(c.deals), func.sum(c.amount))
    return counted.group_by(c.process, c.stage, state, c.currency)


CALENDAR = Variants(_calendar)

ended, began = spans.alias("ended"), spans.alias("began")
OPEN_AT_END = ended.c.left >= END
_known = and_(began.c.tenant_id == ended.c.tenant_id, began.c.deal_id == ended.c.deal_id)
BEGAN = and_(_known, began.c.entered < START, began.c.left >= START)
ENDED = and_(ended.c.entered < END, or_(OPEN_AT_END, and_(ended.c.left >= START, ended.c.outcome != MOVED)))
_overrun = and_(
    ended.c.expected_days > 0,
    type_coerce(END - ended.c.entered, Integer) > FACTOR * ended.c.expected_days,
    began.c.seq == ended.c.seq,
)
BECAME = case(
    (ended.c.left < END, ended.c.outcome),
    (began.c.seq.is_(None), State.INFLOW.value),
    (ended.c.place > began.c.place, State.ADVANCED.value),
    (ended.c.place < began.c.place, State.MOVED_BACK.value),
    (_overrun, State.STALLED.value),
    else_=State.NORMAL.value,
)
"""What became of the deal of an `ended` stay, given the stay in which it `began` the period, if any."""


def _deal_by_deal(how_far: str, owner: bool, team: bool, product: bool) -> Executable:
    """The same numbers for any period, from the stays of every deal."""
    new = case((and_(began.c.seq.is_(None), ended.c.left < END), literal("_NEW")), else_=literal(""))
    state = (BECAME + new).label("state")
    found = (
        select(deals.c.process, ended.c.stage, state, deals.c.currency, func.count(), func.sum(deals.c.amount))
        .select_from(ended)
        .join(deals, and_(deals.c.tenant_id == ended.c.tenant_id, deals.c.id == ended.c.deal_id))
        .outerjoin(began, BEGAN)
        .where(ended.c.tenant_id == bindparam("tenant_id"), ENDED, in_sight(deals, how_far))
        .group_by(deals.c.process, ended.c.stage, state, deals.c.currency)
    )
    if owner:
        found = found.where(deals.c.owner_id == bindparam("owner_id"))
    if team:
        found = found.where(deals.c.team_id == bindparam("team_id"))
    if product:
        found = found.where(deals.c.product == bindparam("product"))
    return found


DEAL_BY_DEAL = Variants(_deal_by_deal)

STAGES = Query(
    select(stages.c.stage, stages.c.label, stages.c.place, stages.c.expected_days)
    .ext(distinct_on(stages.c.stage))
    .where(stages.c.tenant_id == bindparam("tenant_id"), stages.c.process == bindparam("process"))
    .order_by(stages.c.stage, stages.c.process_version.desc()),
    "stages of a process",
)
