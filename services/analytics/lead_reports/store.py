"""Reports in PostgreSQL. A report exists for its recipient and for nobody else, the boss included."""

from dealtrail.analytics.v1 import lead_reports_pb2 as pb
from sqlalchemy import Column, ColumnElement, Date, LargeBinary, Text, Uuid, bindparam, func, literal, null, select

from services.analytics.lead_reports.domain import LeadReport, LeadReportCount
from services.analytics.metadata import metadata
from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_text
from services.kit.sql import Variants
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, time_column, uuid_column

table = tenant_table(
    "lead_reports",
    metadata,
    uuid_column(),
    text_column("schedule"),
    text_column("title"),
    uuid_column("recipient_id"),
    Column("start", Date, nullable=False),
    Column("end", Date, nullable=False),
    time_column("due_time"),
    Column("content", LargeBinary, nullable=False),
    time_column("deliver_time", nullable=True),
    time_column("read_time", nullable=True),
    *change_columns(),
)
c = table.c


def mine(_: str) -> ColumnElement[bool]:
    """The caller's own that were delivered, whatever the role."""
    own = (c.tenant_id == bindparam("tenant_id", type_=Uuid)) & (c.recipient_id == bindparam("me", type_=Uuid))
    return own & c.deliver_time.is_not(None)


codec = Codec(LeadReport, pb.LeadReport)
count_codec = Codec(LeadReportCount, pb.LeadReportCount)
reports = Store(table, codec, "lead report", "线索报告", sight=mine)
listing = Listing(
    table,
    filters={"schedule": by_text(c.schedule), "unread": Filter(c.read_time.is_(None))},
    orders=("create_time desc",),
    sight=mine,
)


def _figures(by_recipient: bool, of_schedule: bool):  # type: ignore[no-untyped-def] # a Select
    key = (c.schedule, c.recipient_id) if by_recipient else (literal(""), null())
    counts = (func.count(), func.count(c.deliver_time), func.count(c.read_time))
    found = select(*key, *counts).where(c.tenant_id == bindparam("tenant_id", type_=Uuid))
    if of_schedule:
        found = found.where(c.schedule == bindparam("schedule", type_=Text))
    return found.group_by(*key).order_by(*key).limit(1000) if by_recipient else found


FIGURES = Variants(_figures)
"""How many fell due, were delivered, and were read: by schedule and recipient, or all together."""
