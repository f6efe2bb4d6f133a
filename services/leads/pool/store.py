"""The pool in PostgreSQL: its rules, which leads lie in it, who had to do with them, and which return next."""

from typing import Any

from dealtrail.leads.v1 import leads_pb2
from dealtrail.leads.v1 import pool_pb2 as pb
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.expression import Executable

from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_text, containing
from services.kit.sql import Query, Variants, insert_row
from services.kit.store import Store
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.leads.leads.domain import NOBODY, Status
from services.leads.leads.store import codec as lead_codec
from services.leads.leads.store import sealing
from services.leads.leads.store import table as leads
from services.leads.metadata import metadata
from services.leads.pool.domain import Kind, Move, PooledLead, PoolRules, ReturnReason, Warning

_DAYS = (
    "idle_days",
    "conversion_days",
    "holding_quota",
    "notice_days",
    "daily_claims",
    "cool_down_days",
    "daily_views",
)
rules_table = tenant_table("pool_rules", metadata, *(Column(name, Integer, nullable=False) for name in _DAYS), key=())
entries = tenant_table(
    "pool_entries",
    metadata,
    uuid_column("lead_id"),
    text_column("reason"),
    time_column("return_time"),
    key=("lead_id",),
)
moves = tenant_table(
    "pool_moves",
    metadata,
    uuid_column(),
    uuid_column("lead_id"),
    uuid_column("user_id"),
    text_column("kind"),
    time_column("at"),
    text_column("reason"),
    text_column("why"),
)
views = tenant_table(
    "pool_views",
    metadata,
    uuid_column("user_id"),
    Column("day", Date, nullable=False),
    uuid_column("lead_id"),
    key=("user_id", "day", "lead_id"),
)
warnings = tenant_table(
    "pool_warnings",
    metadata,
    uuid_column("lead_id"),
    text_column("reason"),
    uuid_column("owner_id"),
    time_column("activity_time"),
    time_column("due_time"),
    key=("lead_id", "reason"),
)
custody = tenant_table(
    "lead_custody",
    metadata,
    uuid_column("lead_id"),
    uuid_column("owner_id", nullable=True),
    time_column("since", nullable=True),
    time_column("touch_time", nullable=True),
    Column("version", BigInteger, nullable=False),
    key=("lead_id",),
)

rules_codec = Codec(PoolRules, pb.PoolRules)
pooled_codec = Codec(PooledLead, pb.PooledLead)
warning_codec: Codec[Warning, None] = Codec(Warning, None)
move_codec: Codec[Move, None] = Codec(Move, None)

_tenant = bindparam("tenant_id", type_=Uuid)
_me = bindparam("me", type_=Uuid)
_lead = bindparam("lead_id", type_=Uuid)
_time = DateTime(timezone=True)
OPEN: ColumnElement[bool] = literal_column(f"leads.status IN ('{Status.NEW}', '{Status.QUALIFIED}')", Boolean)
UNOWNED: ColumnElement[bool] = leads.c.owner_id == literal_column(f"'{NOBODY}'::uuid", Uuid)
"""Spelled out, so that a prepared statement is known to fit the indexes of what they say."""


def _in_pool(_: str = "") -> ColumnElement[bool]:
    """The leads of the pool, which all who sell may know of."""
    return (leads.c.tenant_id == _tenant) & UNOWNED & OPEN


pooled = Store(leads, lead_codec, "lead in the pool", "公海线索", sight=_in_pool, sealing=sealing)
listing = Listing(
    leads,
    filters={
        "status": by_enum(leads.c.status, leads_pb2.Lead.Status),
        "channel": by_text(leads.c.channel),
        "campaign": by_text(leads.c.campaign),
        "q": containing(leads.c.company),
    },
    orders=("update_time desc", "update_time", "create_time desc", "create_time"),
    sight=_in_pool,
)


def _upsert(table: Any, key: list[str]) -> Query:
    given = {c.name: bindparam(c.name, type_=c.type) for c in table.columns}
    rest = {name: bound for name, bound in given.items() if name not in ("tenant_id", *key)}
    return Query(insert(table).values(given).on_conflict_do_update(index_elements=["tenant_id", *key], set_=rest))


RULES = Query(select(rules_table).where(rules_table.c.tenant_id == _tenant))
SET_RULES = _upsert(rules_table, [])
ENTER = _upsert(entries, ["lead_id"])
LEAVE = Query(delete(entries).where(entries.c.tenant_id == _tenant, entries.c.lead_id == _lead))
ENTRIES = Query(
    select(entries).where(
        entries.c.tenant_id == _tenant, entries.c.lead_id == any_(bindparam("lead_ids", type_=ARRAY(Uuid)))
    )
)
MOVED = insert_row(moves)
_my_moves = (moves.c.tenant_id == _tenant) & (moves.c.user_id == _me)
CLAIMED_SINCE = Query(
    select(func.count()).where(
        _my_moves, moves.c.kind == Kind.CLAIMED.value, moves.c.at >= bindparam("since", type_=_time)
    )
)
LOST = Query(
    select(func.max(moves.c.at)).where(_my_moves, moves.c.lead_id == _lead, moves.c.kind == Kind.RETURNED.value)
)
HELD = Query(
    select(func.count())
    .select_from(leads)
    .where(leads.c.tenant_id == _tenant, leads.c.owner_id == bindparam("owner_id", type_=Uuid), OPEN)
)
ALONE = Query(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("what", type_=Text), 0))), "alone")
VIEWED = Query(
    insert(views)
    .values({c.name: bindparam(c.name, type_=c.type) for c in views.columns})
    .on_conflict_do_nothing(index_elements=["tenant_id", "user_id", "day", "lead_id"])
)
VIEWS = Query(
    select(func.count())
    .select_from(views)
    .where(views.c.tenant_id == _tenant, views.c.user_id == _me, views.c.day == bindparam("day", type_=Date))
)

_custody = insert(custody).values({c.name: bindparam(c.name, type_=c.type) for c in custody.columns})
_newer = custody.c.version < _custody.excluded.version
TAKEN = Query(
    _custody.on_conflict_do_update(
        index_elements=["tenant_id", "lead_id"],
        set_={name: _custody.excluded[name] for name in ("owner_id", "since", "version")},
        where=_newer,
    )
)
"""Events may arrive in another order than they happened: the newest version of the lead says who has it."""
TOUCHED = Query(
    _custody.on_conflict_do_update(
        index_elements=["tenant_id", "lead_id"],
        set_={"touch_time": func.greatest(custody.c.touch_time, _custody.excluded.touch_time)},
    )
)

ACTIVITY = func.greatest(leads.c.update_time, custody.c.touch_time)
"""When somebody last did something about the lead. PostgreSQL's greatest() leaves NULL out."""
HELD_SINCE = case((custody.c.owner_id == leads.c.owner_id, custody.c.since), else_=leads.c.create_time)
_worked = (leads.c.tenant_id == _tenant) & ~UNOWNED & OPEN & (leads.c.discard_request == "")
_with_custody = leads.outerjoin(custody, (custody.c.tenant_id == leads.c.tenant_id) & (custody.c.lead_id == leads.c.id))


def _stamp(reason: ReturnReason) -> ColumnElement[Any]:
    return HELD_SINCE if reason is ReturnReason.UNCONVERTED else ACTIVITY


def _unwarned(reason: ReturnReason, stamp: ColumnElement[Any], identity: Any, owner: Any) -> ColumnElement[bool]:
    told = (warnings.c.tenant_id == _tenant) & (warnings.c.lead_id == identity) & (warnings.c.reason == reason.value)
    return ~exists(select(1).where(told, warnings.c.owner_id == owner, warnings.c.activity_time >= stamp))


def _due_soon(reason: ReturnReason) -> Executable:
    """Leads that return for that reason before long, and whose owner has not been told: `id`, `owner_id`, `stamp`."""
    if reason is ReturnReason.OVER_QUOTA:
        return _over_quota()
    stamp, cut = _stamp(reason), bindparam("cut", type_=_time)
    found = select(leads.c.id, leads.c.owner_id, leads.c.company, stamp.label("stamp")).select_from(_with_custody)
    # What is older than the cut by either stamp was not created after it: an index can begin there.
    found = found.where(_worked, leads.c.create_time <= cut, stamp <= cut)
    if reason is ReturnReason.IDLE:
        found = found.where(leads.c.update_time <= cut)
    return found.where(_unwarned(reason, stamp, leads.c.id, leads.c.owner_id)).limit(bindparam("limit", type_=Integer))


def _over_quota() -> Select[Any]:
    quota = bindparam("quota", type_=Integer)
    many = select(leads.c.owner_id).where(_worked).group_by(leads.c.owner_id).having(func.count() > quota)
    place = func.row_number().over(partition_by=leads.c.owner_id, order_by=(ACTIVITY.desc(), leads.c.id))
    ranked = (
        select(leads.c.id, leads.c.owner_id, leads.c.company, ACTIVITY.label("stamp"), place.label("place"))
        .select_from(_with_custody)
        .where(_worked, leads.c.owner_id.in_(many))
        .subquery()
    )
    unwarned = _unwarned(ReturnReason.OVER_QUOTA, ranked.c.stamp, ranked.c.id, ranked.c.owner_id)
    return select(ranked).where(ranked.c.place > quota, unwarned).limit(bindparam("limit", type_=Integer))


DUE_SOON = Variants(_due_soon)
WARN = _upsert(warnings, ["lead_id", "reason"])
DUE = Query(
    select(warnings)
    .where(warnings.c.tenant_id == _tenant, warnings.c.due_time <= bindparam("now", type_=_time))
    .order_by(warnings.c.due_time)
    .limit(bindparam("limit", type_=Integer))
)
FORGET = Query(
    delete(warnings).where(
        warnings.c.tenant_id == _tenant, warnings.c.lead_id == _lead, warnings.c.reason == bindparam("reason")
    )
)
STANDS = Variants(
    lambda reason: (
        select(leads.c.id)
        .select_from(_with_custody)
        .where(
            _worked,
            leads.c.id == _lead,
            leads.c.owner_id == bindparam("owner_id", type_=Uuid),
            _stamp(reason) <= bindparam("activity_time", type_=_time),
        )
    )
)
"""Whether nothing has happened since the owner was told."""
