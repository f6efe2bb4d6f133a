"""Report schedules in PostgreSQL."""

from dealtrail.leads.v1 import recurrences_pb2
from dealtrail.leads.v1 import report_schedules_pb2 as pb
from sqlalchemy import Boolean, Column, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.codec import Codec
from services.kit.tables import json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.metadata import metadata
from services.leads.recurrences.domain import Recurrence
from services.leads.recurrences.store import statements
from services.leads.report_schedules.domain import ReportSchedule

table = tenant_table(
    "report_schedules",
    metadata,
    text_column("code"),
    text_column("title"),
    json_column("recurrence"),
    Column("recipients", ARRAY(Uuid), nullable=False),
    uuid_column("author_id"),
    Column("active", Boolean, nullable=False),
    time_column("last_time"),
    key=("code",),
)
codec = Codec(ReportSchedule, pb.ReportSchedule)
recurrence_codec = Codec(Recurrence, recurrences_pb2.Recurrence)

ALL, NAMED, IN_USE, SET, DONE = statements(table)
