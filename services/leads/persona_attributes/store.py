"""Persona attributes in PostgreSQL; none ships. And the leads that they describe."""

from dealtrail.leads.v1 import persona_attributes_pb2 as pb
from sqlalchemy import BigInteger, Boolean, Column, Integer, Text, Uuid, any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import tenant_table, text_column, uuid_column
from services.leads.leads.store import sealing
from services.leads.leads.store import table as leads
from services.leads.metadata import metadata
from services.leads.persona_attributes.domain import LeadDescription, PersonaAttribute

table = tenant_table(
    "persona_attributes",
    metadata,
    text_column("name"),
    Column("values", ARRAY(Text), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    uuid_column("described_to", nullable=True),
    key=("name",),
)
codec = Codec(PersonaAttribute, pb.PersonaAttribute)
description_codec = Codec(LeadDescription, pb.LeadDescription)

_tenant = bindparam("tenant_id", type_=Uuid)
ALONE = Query(
    select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("what", type_=Text), 0))), "persona attributes"
)
ALL = Query(select(table).where(table.c.tenant_id == _tenant).order_by(table.c.name), "persona attributes")
_given = {c.name: bindparam(c.name, type_=c.type) for c in table.columns}
_rest = {name: bound for name, bound in _given.items() if name not in ("tenant_id", "name")}
SET = Query(insert(table).values(_given).on_conflict_do_update(index_elements=["tenant_id", "name"], set_=_rest))
REACHED = Query(
    update(table)
    .where(table.c.tenant_id == _tenant, table.c.described_to.is_not(None))
    .values(described_to=bindparam("reached", type_=Uuid)),
    "leads described",
)
_described = sealing.select().where(leads.c.tenant_id == _tenant)
SOME = Query(_described.where(leads.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))), "leads to describe")
FURTHER = Query(
    _described.where(leads.c.id > bindparam("after", type_=Uuid))
    .order_by(leads.c.id)
    .limit(bindparam("limit", type_=Integer)),
    "further leads to describe",
)
