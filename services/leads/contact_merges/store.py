"""Merges of contacts in PostgreSQL, and who is known by more than one record because of them."""

from dealtrail.leads.v1 import contact_merges_pb2 as pb
from sqlalchemy import Column, Text, Uuid, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.aliases import merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.accounts.store import contacts_table, of_account
from services.leads.contact_merges.domain import ContactMerge, State
from services.leads.metadata import metadata
from services.leads.relation_walls.store import table as wall_scores_table

table = tenant_table(
    "contact_merges",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    uuid_column("contact_id"),
    uuid_column("duplicate_id"),
    uuid_column("person_id"),
    text_column("purpose"),
    uuid_column("merged_by"),
    Column("changes", ARRAY(Text), nullable=False),
    json_column("replaced"),
    text_column("state"),
    text_column("undo_purpose"),
    uuid_column("undone_by", nullable=True),
    time_column("undo_time", nullable=True),
    sealed_column(),
    *change_columns(),
)
codec = Codec(ContactMerge, pb.ContactMerge)
sealing = Sealing(table, ("purpose", "undo_purpose", "replaced"), key="person_id")
contact_merges = Store(table, codec, "contact merge", "联系人合并", sight=of_account(table), sealing=sealing)
listing = Listing(
    table,
    filters={
        "account_id": by_id(table.c.account_id),
        "contact_id": by_id(table.c.contact_id),
        "state": by_enum(table.c.state, pb.ContactMerge.State),
    },
    orders=("create_time desc",),
    sight=of_account(table),
    sealing=sealing,
)
_tenant = bindparam("tenant_id", type_=Uuid)
_w, _c = wall_scores_table.c, contacts_table.c
WALL_SCORES = Query(
    select(func.count()).where(_w.tenant_id == _tenant, _w.contact_id == bindparam("contact_id", type_=Uuid))
)
_survivor, _duplicate = contacts_table.alias("survivor"), contacts_table.alias("duplicate")
ACROSS = Query(
    select(table.c.id)
    .join(_survivor, (_survivor.c.tenant_id == table.c.tenant_id) & (_survivor.c.id == table.c.contact_id))
    .join(_duplicate, (_duplicate.c.tenant_id == table.c.tenant_id) & (_duplicate.c.id == table.c.duplicate_id))
    .where(
        table.c.tenant_id == _tenant,
        table.c.state == State.MERGED.value,
        _survivor.c.account_id == any_(bindparam("account_ids", type_=ARRAY(Uuid))),
        _survivor.c.account_id != _duplicate.c.account_id,
    )
    .limit(1)
)
"""A merge of contacts that stand under different accounts."""
_known = (
    select(_c.id, _c.merged_into, _c.person_id)
    .where(_c.tenant_id == _tenant, _c.person_id == any_(bindparam("person_ids", type_=ARRAY(Uuid))))
    .cte("known", recursive=True)
)
_more = select(_c.id, _c.merged_into, _c.person_id).where(
    _c.tenant_id == _tenant, or_(_c.merged_into == _known.c.id, _c.id == _known.c.merged_into)
)
_all = _known.union(_more)
PERSONS = Query(
    select(_all.c.person_id.label("id")).union(
        select(func.unnest(bindparam("person_ids", type_=ARRAY(Uuid))).label("id"))
    ),
    "persons by merges",
)
"""These persons, and as whom else they are recorded: contacts that were merged speak of one person."""
