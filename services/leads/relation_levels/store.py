"""Judgements of relations in PostgreSQL. They are kept as they were given; the newest counts."""

from dealtrail.leads.v1 import relation_levels_pb2 as pb
from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on

from services.kit.aliases import merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Listing, by_id
from services.kit.sql import Query, Variants
from services.kit.store import Store
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.leads.accounts.store import of_account
from services.leads.metadata import metadata
from services.leads.relation_levels.domain import RelationDistribution, RelationLevel

table = tenant_table(
    "relation_levels",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    Column("level", Integer, nullable=False),
    text_column("evidence"),
    Column("target_level", Integer, nullable=False),
    Column("review_date", Date, nullable=False),
    uuid_column("author_id"),
    time_column("create_time"),
    Column("version", BigInteger, nullable=False),
)
t = table.c
codec = Codec(RelationLevel, pb.RelationLevel)
distribution_codec = Codec(RelationDistribution, pb.RelationDistribution)
relation_levels = Store(table, codec, "relation level", "关系层次", sight=of_account(table))
listing = Listing(
    table, filters={"account_id": by_id(t.account_id)}, orders=("create_time desc",), sight=of_account(table)
)
NEWEST = Query(
    select(t.level)
    .where(t.tenant_id == bindparam("tenant_id", type_=Uuid), t.account_id == bindparam("account_id", type_=Uuid))
    .order_by(t.create_time.desc(), t.id.desc())
    .limit(1)
)
AS_OF = Variants(
    lambda reach: (
        select(t.account_id, t.level, t.review_date)
        .ext(distinct_on(t.account_id))
        .where(of_account(table)(reach), t.create_time < bindparam("before", type_=DateTime(timezone=True)))
        .order_by(t.account_id, t.create_time.desc(), t.id.desc())
    )
)
