"""Failed sign-ins in PostgreSQL, so that all processes count together."""

from sqlalchemy import Column, DateTime, Integer, LargeBinary, bindparam, case, delete, select
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.metadata import metadata
from services.kit.sql import Query
from services.kit.tables import tenant_table, time_column

table = tenant_table(
    "sign_in_failures",
    metadata,
    Column("name", LargeBinary, nullable=False),
    Column("failures", Integer, nullable=False),
    time_column("last_time"),
    key=("name",),
)
_this = (table.c.tenant_id == bindparam("tenant_id")) & (table.c.name == bindparam("name"))
_forgotten = bindparam("forgotten", type_=DateTime(timezone=True))
_now = bindparam("now", type_=DateTime(timezone=True))

STANDING = Query(select(table.c.failures, table.c.last_time).where(_this, table.c.last_time > _forgotten))
COUNT = Query(
    insert(table)
    .values(tenant_id=bindparam("tenant_id"), name=bindparam("name"), failures=1, last_time=_now)
    .on_conflict_do_update(
        index_elements=["tenant_id", "name"],
        set_={"failures": case((table.c.last_time > _forgotten, table.c.failures + 1), else_=1), "last_time": _now},
    )
)
CLEAR = Query(delete(table).where(_this))
_old = select(table.c.name).where(table.c.tenant_id == bindparam("tenant_id"), table.c.last_time <= _forgotten)
FORGET = Query(
    delete(table).where(
        table.c.tenant_id == bindparam("tenant_id"),
        # Rows that somebody counts on just now are left to the next one.
        table.c.name.in_(_old.limit(100).with_for_update(skip_locked=True)),
    )
)
