"""Enrolments in PostgreSQL."""

from uuid import UUID

from dealtrail.leads.v1 import enrolments_pb2 as pb
from sqlalchemy import BigInteger, Boolean, Column, Integer, Text, Uuid, bindparam, select

from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_enum, by_text
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, time_column, uuid_column
from services.leads.enrolments.domain import Enrolment, State
from services.leads.leads.store import by_lead, of_lead, with_lead
from services.leads.metadata import metadata

table = tenant_table(
    "enrolments",
    metadata,
    uuid_column(),
    uuid_column("lead_id"),
    Column("lead_version", BigInteger, nullable=False),
    text_column("plan"),
    Column("plan_version", Integer, nullable=False),
    text_column("temperature"),
    uuid_column("enrolled_by"),
    Column("by_rule", Boolean, nullable=False),
    text_column("state"),
    time_column("pause_time", nullable=True),
    time_column("end_time", nullable=True),
    Column("end_reason", Text),
    *change_columns(),
)
codec = Codec(Enrolment, pb.Enrolment)
e = table.c
enrolments = Store(table, codec, "enrolment", "培育", sight=with_lead(table))
listing = Listing(
    table,
    filters={
        "lead_id": by_lead(table),
        "state": by_enum(e.state, pb.Enrolment.State),
        "plan": by_text(e.plan),
        "owner_id": Filter(of_lead(table, "owner_id"), UUID),
        "team_id": Filter(of_lead(table, "team_id"), UUID),
    },
    sight=with_lead(table),
)
OPEN_OF = Query(
    select(table)
    .where(
        e.tenant_id == bindparam("tenant_id", type_=Uuid),
        e.lead_id == bindparam("lead_id", type_=Uuid),
        e.state != State.ENDED.value,
    )
    .with_for_update()
)
"""The one enrolment of a lead that has not ended."""
