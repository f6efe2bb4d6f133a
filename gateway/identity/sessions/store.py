"""Sessions in PostgreSQL: of refresh tokens only the digest of the last."""

from sqlalchemy import Column, DateTime, Integer, LargeBinary, bindparam, delete, select

from gateway.identity.metadata import metadata
from gateway.identity.sessions.domain import Session
from services.kit.codec import Codec
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, time_column, uuid_column

table = tenant_table(
    "sessions",
    metadata,
    uuid_column(),
    uuid_column("user_id"),
    Column("digest", LargeBinary, nullable=False),
    Column("generation", Integer, nullable=False),
    time_column("expire_time"),
    time_column("end_time", nullable=True),
    text_column("end_reason"),
    *change_columns(),
)
codec: Codec[Session, None] = Codec(Session, None)
sessions = Store(table, codec, "session", "会话")

_of_tenant = table.c.tenant_id == bindparam("tenant_id")
ENDED_SINCE = Query(
    select(table.c.id).where(_of_tenant, table.c.end_time > bindparam("since", type_=DateTime(timezone=True)))
)
DROP_EXPIRED = Query(
    delete(table).where(
        _of_tenant,
        table.c.user_id == bindparam("user_id"),
        table.c.expire_time < bindparam("now", type_=DateTime(timezone=True)),
    )
)
