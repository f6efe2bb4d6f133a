"""The pool in PostgreSQL: its rules, which leads lie in it, and who had to do with them."""

from dealtrail.leads.v1 import leads_pb2
from dealtrail.leads.v1 import pool_pb2 as pb
from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_text, containing
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query, insert_row
from services.kit.store import Store
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.leads.leads.domain import NOBODY
from services.leads.leads.store import OPEN, sealing, under_lead, with_lead
from services.leads.leads.store import codec as lead_codec
from services.leads.leads.store import table as leads
from services.leads.metadata import metadata
from services.leads.pool.domain import Kind, Move, PooledLead, PoolRules

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
    *(uuid_column(name) for name in ("lead_id", "user_id")),
    text_column("kind"),
    Column("reason", Text),
    text_column("why"),
    sealed_column(),
    time_column("create_time"),
)
views = tenant_table(
    "pool_views",
    metadata,
    uuid_column("user_id"),
    Column("day", Date, nullable=False),
    uuid_column("lead_id"),
    key=("user_id", "day", "lead_id"),
)
rules_codec = Codec(PoolRules, pb.PoolRules)
pooled_codec = Codec(PooledLead, pb.PooledLead)
move_codec = Codec(Move, pb.PoolMove)

_tenant = bindparam("tenant_id", type_=Uuid)
_me = bindparam("me", type_=Uuid)
_lead = bindparam("lead_id", type_=Uuid)
_time = DateTime(timezone=True)
UNOWNED: ColumnElement[bool] = leads.c.owner_id == literal_column(f"'{NOBODY}'::uuid", Uuid)
"""Spelled out, so that a prepared statement is known to fit the indexes of what it says."""


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


move_sealing = Sealing(moves, ("why",), key="lead_id")
move_listing = Listing(
    moves,
    filters={},
    within=under_lead(moves),
    sight=with_lead(moves),
    sealing=move_sealing,
)


def upsert(table: Table, key: list[str]) -> Query:
    """INSERT of a row, or UPDATE of the row with that key beside the tenant."""
    given = {c.name: bindparam(c.name, type_=c.type) for c in table.columns}
    rest = {name: bound for name, bound in given.items() if name not in ("tenant_id", *key)}
    return Query(insert(table).values(given).on_conflict_do_update(index_elements=["tenant_id", *key], set_=rest))


RULES = Query(select(rules_table).where(rules_table.c.tenant_id == _tenant))
SET_RULES = upsert(rules_table, [])
ENTER = upsert(entries, ["lead_id"])
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
        _my_moves, moves.c.kind == Kind.CLAIMED.value, moves.c.create_time >= bindparam("since", type_=_time)
    )
)
LOST = Query(
    select(func.max(moves.c.create_time)).where(
        _my_moves, moves.c.lead_id == _lead, moves.c.kind == Kind.RETURNED.value
    )
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
