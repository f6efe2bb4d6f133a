"""Notices in PostgreSQL. A notice exists for its user and for nobody else, the boss included."""

from dealtrail.leads.v1 import notices_pb2 as pb
from sqlalchemy import ColumnElement, Uuid, bindparam, func, select, update

from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_text
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, json_column, tenant_table, text_column, time_column, uuid_column
from services.leads.metadata import metadata
from services.leads.notices.domain import Notice

COUNTED = 1000
"""So many unread ones are counted at most."""

table = tenant_table(
    "notices",
    metadata,
    uuid_column(),
    uuid_column("user_id"),
    text_column("kind"),
    text_column("subject"),
    uuid_column("subject_id"),
    json_column("facts"),
    uuid_column("actor_id"),
    time_column("read_time", nullable=True),
    *change_columns(),
)


def mine(_: str) -> ColumnElement[bool]:
    """The caller's own, whatever the role."""
    return (table.c.tenant_id == bindparam("tenant_id", type_=Uuid)) & (table.c.user_id == bindparam("me", type_=Uuid))


codec = Codec(Notice, pb.Notice)
notices = Store(table, codec, "notice", "通知", sight=mine)
listing = Listing(
    table,
    filters={"unread": Filter(table.c.read_time.is_(None)), "kind": by_text(table.c.kind)},
    orders=("create_time desc",),
    sight=mine,
)
_unread = select(table.c.id).where(mine(""), table.c.read_time.is_(None))
COUNT_UNREAD = Query(select(func.count()).select_from(_unread.limit(COUNTED).subquery()))
READ_ALL = Query(
    update(table)
    .where(mine(""), table.c.read_time.is_(None))
    .values(read_time=bindparam("now"), update_time=bindparam("now"), version=table.c.version + 1)
)
