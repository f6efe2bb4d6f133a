"""What a funnel counts, out of sums or out of the deals themselves."""

from datetime import date

from sqlalchemy import (
    ColumnElement,
    Date,
    Float,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.sql.expression import Executable

from services.analytics.days import EVER
from services.analytics.deals.domain import MOVED, RESTING, State
from services.analytics.deals.store import deals, months, rollup, spans, stages
from services.analytics.rollups.store import END, START, rows_of, scopes, total
from services.kit.sql import Query, Variants
from services.kit.visibility import in_sight

FACTOR = bindparam("factor", type_=Float)
sums = rollup.table
_here = sums.c.tenant_id == bindparam("tenant_id", type_=Uuid)


MONTH = bindparam("month", type_=Date)
_DAYS_FROM = case((months.awaited, literal(EVER, Date)), else_=MONTH)
"""From here on deals that stand still are read by day, before by month: from the month of START, if months are made."""


def _stalled(entered: ColumnElement[date], expected_days: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether who came into a stage on that day has stalled there when the period ends."""
    return and_(expected_days > 0, type_coerce(END - entered, Integer) > FACTOR * expected_days)


def _calendar(how_far: str, owner: bool, team: bool) -> Executable:
    """Deals that moved or were closed in a part of the calendar or stood still through it; and those still standing.

    These are added up by month, but for the days of the month of START, and for the days of a month in which
    some have stalled and some have not.
    """
    parts = scopes(sums, how_far, owner=owner, team=team)
    product = sums.c.product == bindparam("product", type_=Text)
    by_day = and_(product, sums.c.series == bindparam("resting", type_=Text))
    by_month = and_(product, sums.c.series == bindparam("resting_by_month", type_=Text))
    since = select(_DAYS_FROM).scalar_subquery()
    settled = (product, sums.c.series == bindparam("series", type_=Text), sums.c.start == START)
    near = rows_of(sums, parts, settled, (by_day, sums.c.start >= since, sums.c.start < START))
    m = rows_of(sums, parts, (by_month, sums.c.start < since)).c
    next_month = cast(m.start + text("interval '1 month'"), Date)
    torn = and_(_stalled(m.start, m.expected_days), ~_stalled(next_month - 1, m.expected_days))
    far = select(*m, next_month.label("next_month"), torn.label("torn")).cte("far")
    same = [sums.c[name] == far.c[name] for name in rollup.key if name not in ("series", "start")]
    within = and_(sums.c.start >= far.c.start, sums.c.start < far.c.next_month)
    days_of_torn = select(sums).join_from(far, sums, and_(*same, within)).where(far.c.torn, _here, by_day)
    names = [column.name for column in sums.columns]
    whole = select(*(far.c[name] for name in names)).where(~far.c.torn)
    c = union_all(select(near), whole, days_of_torn).subquery().c
    stalled = _stalled(c.start, c.expected_days)
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
