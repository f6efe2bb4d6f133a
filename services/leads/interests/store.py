"""Interests in PostgreSQL. What somebody is interested in is sealed under the key of the lead's person."""

from dealtrail.leads.v1 import prospects_pb2 as pb
from sqlalchemy import Uuid, bindparam

from services.kit.codec import Codec
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query, insert_row
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.leads.interests.domain import Interest
from services.leads.leads.store import under_lead
from services.leads.metadata import metadata

table = tenant_table(
    "interests",
    metadata,
    uuid_column(),
    uuid_column("lead_id"),
    text_column("role"),
    text_column("topic"),
    sealed_column(),
    uuid_column("recorded_by"),
    time_column("create_time"),
)
codec = Codec(Interest, pb.Interest)
sealing = Sealing(table, ("topic",), key="lead_id")

ADD = insert_row(table)
OF_LEAD = Query(
    sealing.select()
    .where(table.c.tenant_id == bindparam("tenant_id", type_=Uuid), under_lead(table))
    .order_by(table.c.create_time.desc(), table.c.id.desc())
    .limit(200)
)
