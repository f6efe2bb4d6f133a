"""Tasks in PostgreSQL. What is to be done is sealed under the key of the lead's person, whom it may name."""

from dealtrail.leads.v1 import tasks_pb2 as pb
from sqlalchemy import Column, Date, Uuid, bindparam, update

from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_id
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import (
    change_columns,
    exclusive_column,
    owner_columns,
    tenant_table,
    text_column,
    time_column,
    uuid_column,
)
from services.leads.leads.store import by_lead
from services.leads.metadata import metadata
from services.leads.tasks.domain import Task

table = tenant_table(
    "tasks",
    metadata,
    uuid_column(),
    text_column("title"),
    sealed_column(),
    uuid_column("lead_id"),
    *owner_columns(),
    Column("due_date", Date, nullable=False),
    time_column("done_time", nullable=True),
    exclusive_column(),
    *change_columns(),
)
codec = Codec(Task, pb.Task)
sealing = Sealing(table, ("title",), key="lead_id")
tasks = Store(table, codec, "task", "任务", sealing=sealing)
listing = Listing(
    table,
    filters={
        "owner_id": by_id(table.c.owner_id),
        "lead_id": by_lead(table),
        "open_only": Filter(table.c.done_time.is_(None)),
    },
    orders=("due_date",),
    sealing=sealing,
)
RELEASE = Query(
    update(table)
    .where(table.c.tenant_id == bindparam("tenant_id", type_=Uuid), table.c.lead_id == bindparam("lead_id", type_=Uuid))
    .values(exclusive=False)
)
"""Let the tasks about a lead be seen as it is seen from now on."""
