"""Who has which lead since when, when it was last touched, and which return next, in PostgreSQL."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Uuid,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.expression import Executable

from services.kit.codec import Codec
from services.kit.sql import Query, Variants
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.leads.leads.store import OPEN
from services.leads.leads.store import table as leads
from services.leads.metadata import metadata
from services.leads.pool.domain import ReturnReason
from services.leads.pool.store import UNOWNED, upsert
from services.leads.pool_returns.domain import Warning

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
warning_codec: Codec[Warning, None] = Codec(Warning, None)

_tenant = bindparam("tenant_id", type_=Uuid)
_lead = bindparam("lead_id", type_=Uuid)
_time = DateTime(timezone=True)
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
_free = (leads.c.discard_request == "") & leads.c.collision_id.is_(None) & ~leads.c.exclusive
_worked = (leads.c.tenant_id == _tenant) & ~UNOWNED & OPEN & _free
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
WARN = upsert(warnings, ["lead_id", "reason"])
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
