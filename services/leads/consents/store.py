"""Consents in PostgreSQL: written once, never changed."""

from dealtrail.leads.v1 import consents_pb2 as pb
from sqlalchemy import Boolean, Column, ColumnElement, Uuid, any_, bindparam, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.codec import Codec
from services.kit.sql import Query, Variants, insert_row
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.kit.visibility import in_sight
from services.leads.accounts.store import contacts_table, with_account
from services.leads.consents.domain import Consent
from services.leads.leads.store import table as leads_table
from services.leads.metadata import metadata

consents_table = tenant_table(
    "consents",
    metadata,
    uuid_column(),
    uuid_column("person_id"),
    text_column("purpose"),
    Column("given", Boolean, nullable=False),
    text_column("text_version"),
    text_column("channel"),
    time_column("give_time"),
    uuid_column("recorded_by"),
    time_column("create_time"),
)
codec = Codec(Consent, pb.Consent)
INSERT = insert_row(consents_table)


def _of_person() -> ColumnElement[bool]:
    return (consents_table.c.tenant_id == bindparam("tenant_id", type_=Uuid)) & (
        consents_table.c.person_id == any_(bindparam("person_ids", type_=ARRAY(Uuid)))
    )


_newest = (consents_table.c.give_time.desc(), consents_table.c.create_time.desc(), consents_table.c.id.desc())
OF_PERSON = Query(select(consents_table).where(_of_person()).order_by(*_newest).limit(200))
LAST_WORD = Query(
    select(consents_table.c.given)
    .where(_of_person(), consents_table.c.purpose == bindparam("purpose"))
    .order_by(*_newest)
    .limit(1)
)
KNOWN = Variants(
    lambda reach: union_all(
        select(leads_table.c.id).where(
            leads_table.c.id == bindparam("person_id", type_=Uuid), in_sight(leads_table, reach)
        ),
        select(contacts_table.c.id).where(
            contacts_table.c.person_id == bindparam("person_id", type_=Uuid), with_account(reach)
        ),
    ).limit(1)
)
CONTACTS = Query(
    select(contacts_table.c.id).where(
        contacts_table.c.tenant_id == bindparam("tenant_id", type_=Uuid),
        contacts_table.c.person_id == any_(bindparam("person_ids", type_=ARRAY(Uuid))),
    )
)
