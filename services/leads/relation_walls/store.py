"""Scores of relation walls in PostgreSQL, one a pair and cycle."""

from dealtrail.leads.v1 import relation_walls_pb2 as pb
from sqlalchemy import Column, Integer, Text, Uuid, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.aliases import given_columns, merged_from_column
from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.leads.accounts.store import contacts_table
from services.leads.metadata import metadata
from services.leads.relation_walls.domain import RelationWall

table = tenant_table(
    "wall_scores",
    metadata,
    uuid_column("account_id"),
    merged_from_column(),
    text_column("cycle"),
    uuid_column("contact_id"),
    uuid_column("user_id"),
    Column("strength", Integer, nullable=False),
    time_column("score_time"),
    key=("account_id", "cycle", "contact_id", "user_id"),
)
t = table.c
codec = Codec(RelationWall, pb.RelationWall)
_here = (t.tenant_id == bindparam("tenant_id", type_=Uuid)) & (t.account_id == bindparam("account_id", type_=Uuid))
_given = insert(table).values(given_columns(table))
SCORE = Query(
    _given.on_conflict_do_update(
        index_elements=["tenant_id", "account_id", "cycle", "contact_id", "user_id"],
        set_={"strength": _given.excluded.strength, "score_time": _given.excluded.score_time},
    )
)
CYCLES = Query(select(t.cycle).distinct().where(_here).order_by(t.cycle.desc()))
OF_CYCLE = Query(
    select(t.contact_id, t.user_id, t.strength)
    .where(_here, t.cycle == bindparam("cycle", type_=Text))
    .order_by(t.score_time, t.contact_id, t.user_id)
)
MERGED = Query(
    select(contacts_table.c.id, contacts_table.c.merged_into).where(
        contacts_table.c.tenant_id == bindparam("tenant_id", type_=Uuid),
        contacts_table.c.account_id == bindparam("account_id", type_=Uuid),
        contacts_table.c.merged_into.is_not(None),
    )
)
"""Contacts of the account that were merged, and into which."""
_contacts = select(contacts_table.c.id).where(
    contacts_table.c.tenant_id == bindparam("tenant_id", type_=Uuid),
    contacts_table.c.account_id == bindparam("account_id", type_=Uuid),
    contacts_table.c.erase_time.is_(None),
    contacts_table.c.merged_into.is_(None),
)
CONTACTS = Query(_contacts)
CONTACTS_HELD = Query(_contacts.with_for_update(read=True))
"""Held against being erased: whoever is being scored is not forgotten meanwhile."""
FORGET = Query(
    delete(table).where(
        t.tenant_id == bindparam("tenant_id", type_=Uuid),
        t.contact_id == any_(bindparam("contact_ids", type_=ARRAY(Uuid))),
    )
)
