"""The tenant's own calendar in PostgreSQL, one row; the shipped one is code."""

from dealtrail.leads.v1 import working_calendar_pb2 as pb
from sqlalchemy import Boolean, Column, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import json_column, tenant_table, text_column
from services.leads.metadata import metadata
from services.leads.working_calendar.domain import WorkingCalendar

table = tenant_table(
    "working_calendars",
    metadata,
    text_column("zone"),
    json_column("hours"),
    json_column("weekdays"),
    Column("statutory_holidays", Boolean, nullable=False),
    json_column("days"),
    key=(),
)
codec = Codec(WorkingCalendar, pb.WorkingCalendar)

OWN = Query(select(table).where(table.c.tenant_id == bindparam("tenant_id", type_=Uuid)))
_given = {c.name: bindparam(c.name, type_=c.type) for c in table.columns}
_rest = {name: bound for name, bound in _given.items() if name != "tenant_id"}
SET = Query(insert(table).values(_given).on_conflict_do_update(index_elements=["tenant_id"], set_=_rest))
