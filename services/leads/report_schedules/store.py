"""Report schedules in PostgreSQL."""

from dealtrail.leads.v1 import recurrences_pb2
from dealtrail.leads.v1 import report_schedules_pb2 as pb
from sqlalchemy import Boolean, Column, Text, Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.tables import json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.metadata import metadata
from services.leads.recurrences.domain import Recurrence
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

_own = select(table).where(table.c.tenant_id == bindparam("tenant_id", type_=Uuid)).order_by(table.c.code)
ALL = Query(_own)
NAMED = Query(_own.where(table.c.code == bindparam("code", type_=Text)).with_for_update())
IN_USE = Query(_own.where(table.c.active).with_for_update(skip_locked=True))
_given = {c.name: bindparam(c.name, type_=c.type) for c in table.columns}
_rest = {name: bound for name, bound in _given.items() if name not in ("tenant_id", "code")}
SET = Query(insert(table).values(_given).on_conflict_do_update(index_elements=["tenant_id", "code"], set_=_rest))
DONE = Query(
    update(table)
    .where(
        table.c.tenant_id == bindparam("tenant_id", type_=Uuid),
        table.c.code == bindparam("of_code", type_=Text),
    )
    .values(last_time=bindparam("last_time", type_=table.c.last_time.type))
)
