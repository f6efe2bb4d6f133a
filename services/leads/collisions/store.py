"""Collisions in PostgreSQL, and what rules ask of their parties."""

from dealtrail.leads.v1 import collisions_pb2 as pb
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Float,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    extract,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, array, insert
from sqlalchemy.sql.expression import Executable

from services.kit.aliases import family, given_columns, merged_from_column, root
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query, Variants
from services.kit.store import Store
from services.kit.tables import change_columns, json_column, tenant_table, text_column, time_column, uuid_column
from services.kit.visibility import ALL, TEAM
from services.leads.collisions.domain import Collision, State
from services.leads.leads.domain import Status
from services.leads.leads.store import sealing as lead_sealing
from services.leads.leads.store import table as leads_table
from services.leads.metadata import metadata

_tenant = bindparam("tenant_id", type_=Uuid)

collisions_table = tenant_table(
    "collisions",
    metadata,
    uuid_column(),
    uuid_column("challenger_id"),
    Column("signs", ARRAY(Text), nullable=False),
    json_column("parties"),
    Column("user_ids", ARRAY(Uuid), nullable=False),
    Column("team_ids", ARRAY(Uuid), nullable=False),
    Column("row_ids", ARRAY(Uuid), nullable=False),
    text_column("state"),
    Column("rule", Text),
    Column("days", Integer, nullable=False),
    text_column("words"),
    time_column("award_time", nullable=True),
    uuid_column("awarded_by", nullable=True),
    uuid_column("appealed_by", nullable=True),
    text_column("appeal"),
    time_column("appeal_time", nullable=True),
    uuid_column("decided_by", nullable=True),
    time_column("decide_time", nullable=True),
    sealed_column(),
    *change_columns(),
)
touches_table = tenant_table(
    "collision_touches",
    metadata,
    uuid_column("row_id"),
    time_column("first_time"),
    time_column("last_time"),
    key=("row_id",),
)
deals_table = tenant_table(
    "collision_deals",
    metadata,
    uuid_column("deal_id"),
    uuid_column("account_id"),
    merged_from_column(),
    time_column("open_time"),
    Column("open", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    key=("deal_id",),
)


def among_parties(reach: str) -> ColumnElement[bool]:
    """Cases that exist for the caller: one's own, a manager's also those of a team below, the boss's all."""
    c = collisions_table.c
    if reach == ALL:
        return c.tenant_id == _tenant
    own: ColumnElement[bool] = c.user_ids.contains(array([bindparam("me", type_=Uuid)]))
    if reach == TEAM:
        own = or_(own, c.team_ids.bool_op("&&")(bindparam("teams", type_=ARRAY(Uuid))))
    return (c.tenant_id == _tenant) & own


codec = Codec(Collision, pb.Collision)
sealing = Sealing(collisions_table, ("words", "appeal"), key="challenger_id")
collisions = Store(collisions_table, codec, "collision", "撞单", sight=among_parties, sealing=sealing)
listing = Listing(
    collisions_table,
    filters={"state": by_enum(collisions_table.c.state, pb.Collision.State)},
    orders=("create_time desc",),
    sight=among_parties,
    sealing=sealing,
)

_ids = bindparam("ids", type_=ARRAY(Uuid))
SETTLED = Query(
    select(collisions_table.c.row_ids).where(
        collisions_table.c.tenant_id == _tenant, collisions_table.c.row_ids.bool_op("&&")(_ids)
    )
)
_t, _d = touches_table.c, deals_table.c
_stands = root(_t.row_id)
TOUCHED = Query(
    select(
        _stands.label("row_id"), func.min(_t.first_time).label("first_time"), func.max(_t.last_time).label("last_time")
    )
    .where(_t.tenant_id == _tenant, _t.row_id == any_(family(_ids)))
    .group_by(_stands)
)
"""When these leads and accounts were touched, and what was merged into them."""
DEALING = Query(
    select(_d.account_id, func.min(_d.open_time).label("open_time"))
    .where(_d.tenant_id == _tenant, _d.account_id == any_(_ids), _d.open)
    .group_by(_d.account_id)
)
_touch = insert(touches_table).values({c.name: bindparam(c.name, type_=c.type) for c in touches_table.columns})
TOUCH = Query(
    _touch.on_conflict_do_update(
        index_elements=["tenant_id", "row_id"],
        set_={
            "first_time": func.least(_t.first_time, _touch.excluded.first_time),
            "last_time": func.greatest(_t.last_time, _touch.excluded.last_time),
        },
    )
)
_deal = insert(deals_table).values(given_columns(deals_table))
DEAL = Query(
    _deal.on_conflict_do_update(
        index_elements=["tenant_id", "deal_id"],
        set_={
            "open_time": func.least(_d.open_time, _deal.excluded.open_time),
            "open": case((_deal.excluded.version > _d.version, _deal.excluded.open), else_=_d.open),
            "version": func.greatest(_d.version, _deal.excluded.version),
        },
    )
)
_l = leads_table.c
HOLD = Query(
    update(leads_table)
    .where(_l.tenant_id == _tenant, _l.id == bindparam("lead_id", type_=Uuid))
    .values(collision_id=bindparam("held_by", type_=Uuid))
)
"""A lead that is recorded in this very transaction; nobody has been told of it yet."""


STANDING = Query(
    lead_sealing.select()
    .where(
        _l.tenant_id == _tenant,
        _l.id == bindparam("id", type_=Uuid),
        (_l.status == Status.NEW.value) | (_l.status == Status.QUALIFIED.value),
    )
    .with_for_update(of=leads_table)
)
"""An open lead of the tenant, whoever sees it: an award reaches all parties."""


def _opened(reach: str) -> ColumnElement[bool]:
    at, opened = DateTime(timezone=True), collisions_table.c.create_time
    since, until = bindparam("from_time", type_=at), bindparam("to_time", type_=at)
    return among_parties(reach) & (opened >= since) & (opened < until)


def _figures(reach: str) -> Executable:
    c = collisions_table.c
    waited = extract("epoch", c.award_time - c.create_time)
    return select(
        func.count().label("opened"),
        func.count().filter(c.state == State.OPEN.value).label("open"),
        func.count(c.appeal_time).label("appealed"),
        func.coalesce(cast(func.percentile_cont(0.5).within_group(waited), Float), 0.0).label("median_s"),
    ).where(_opened(reach))


def _by_rule(reach: str) -> Executable:
    c = collisions_table.c
    return (
        select(c.rule, func.count().label("awarded"))
        .where(_opened(reach), c.award_time.is_not(None))
        .group_by(c.rule)
        .order_by(c.rule)
    )


FIGURES = Variants(_figures)
BY_RULE = Variants(_by_rule)
