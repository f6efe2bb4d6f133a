"""Leads by channel and campaign, out of the daily and monthly sums."""

from sqlalchemy import BigInteger, Column, Numeric, Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.expression import Executable

from services.analytics.channels.domain import Cost
from services.analytics.days import Grain
from services.analytics.deals.store import deals
from services.analytics.leads.store import leads, rollup
from services.analytics.metadata import metadata
from services.analytics.rollups.store import END, START, day_column, in_period, scopes, total
from services.kit.codec import Codec
from services.kit.sql import Query, Variants
from services.kit.tables import tenant_table, text_column, uuid_column
from services.kit.visibility import in_sight

sums = rollup.table


def _counted(how_far: str, owner: bool, team: bool) -> Executable:
    parts = scopes(sums, how_far, owner=owner, team=team)
    c = in_period(sums, parts, Grain.MONTH.value, Grain.DAY.value).c
    counted = select(c.channel, c.campaign, *(total(c[name]) for name in rollup.sums))
    return counted.group_by(c.channel, c.campaign)


COUNTED = Variants(_counted)

costs = tenant_table(
    "costs",
    metadata,
    uuid_column(),
    text_column("channel"),
    text_column("campaign"),
    day_column("start"),
    day_column("end"),
    Column("amount", Numeric(15, 2), nullable=False),
    text_column("currency"),
    Column("version", BigInteger, nullable=False),
)
codec: Codec[Cost, None] = Codec(Cost, None)
_told = insert(costs).values({c.name: bindparam(c.name, type_=c.type) for c in costs.columns})
LEARN = Query(
    _told.on_conflict_do_update(
        index_elements=["tenant_id", "id"],
        set_={c.name: _told.excluded[c.name] for c in costs.columns if not c.primary_key},
        where=costs.c.version < _told.excluded.version,
    ),
    "learn cost",
)
_days = func.least(costs.c.end, END) - func.greatest(costs.c.start, START)
_share = costs.c.amount * _days / (costs.c.end - costs.c.start)
SPENT = Query(
    select(costs.c.channel, costs.c.campaign, func.sum(_share).label("cost"))
    .where(
        costs.c.tenant_id == bindparam("tenant_id", type_=Uuid),
        costs.c.currency == bindparam("currency", type_=Text),
        costs.c.start < END,
        costs.c.end > START,
    )
    .group_by(costs.c.channel, costs.c.campaign),
    "spent on channels",
)
"""What falls on the days of a period of each cost that is spread over days of its own."""


def _signed(how_far: str, owner: bool, team: bool) -> Executable:
    mine = (deals.c.tenant_id == leads.c.tenant_id) & (deals.c.id == leads.c.deal_id)
    found = (
        select(leads.c.channel, leads.c.campaign, func.count().cast(BigInteger).label("signed"))
        .join(deals, mine)
        .where(in_sight(leads, how_far, past_exclusion=True), deals.c.state == "WON")
        .where(leads.c.capture_day >= START, leads.c.capture_day < END)
    )
    if owner:
        found = found.where(leads.c.owner_id == bindparam("owner_id", type_=Uuid))
    if team:
        found = found.where(leads.c.team_id == bindparam("team_id", type_=Uuid))
    return found.group_by(leads.c.channel, leads.c.campaign)


SIGNED = Variants(_signed)
"""The leads of a period whose deal was won. Exclusive ones count for whoever counts their owner's."""
