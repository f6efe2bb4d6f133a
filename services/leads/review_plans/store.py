"""Review plans in PostgreSQL."""

from dealtrail.leads.v1 import recurrences_pb2
from dealtrail.leads.v1 import review_plans_pb2 as pb
from sqlalchemy import Boolean, Column, Integer, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.codec import Codec
from services.kit.tables import json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.metadata import metadata
from services.leads.recurrences.domain import Recurrence
from services.leads.recurrences.store import statements
from services.leads.review_plans.domain import ReviewPlan

table = tenant_table(
    "review_plans",
    metadata,
    text_column("code"),
    text_column("title"),
    json_column("recurrence"),
    Column("days", Integer, nullable=False),
    json_column("filter"),
    Column("sample", Integer, nullable=False),
    Column("reviewers", ARRAY(Uuid), nullable=False),
    Column("task_days", Integer, nullable=False),
    uuid_column("convener_id"),
    Column("active", Boolean, nullable=False),
    time_column("last_time"),
    key=("code",),
)
codec = Codec(ReviewPlan, pb.ReviewPlan)
recurrence_codec = Codec(Recurrence, recurrences_pb2.Recurrence)

ALL, NAMED, IN_USE, SET, DONE = statements(table)
