"""Exports that wait to be fetched, in PostgreSQL, unreadable without their link."""

from sqlalchemy import LargeBinary, MetaData, Uuid, bindparam, delete
from sqlalchemy.schema import Column

from services.kit.sql import Query, insert_row
from services.kit.tables import tenant_table, time_column, uuid_column

personal_exports_table = tenant_table(
    "personal_exports",
    MetaData(),
    uuid_column(),
    uuid_column("person_id"),
    Column("sealed", LargeBinary, nullable=False),
    time_column("expire_time"),
)
_own = personal_exports_table.c.tenant_id == bindparam("tenant_id", type_=Uuid)
INSERT = insert_row(personal_exports_table)
_now = bindparam("now", type_=personal_exports_table.c.expire_time.type)
TAKE = Query(
    delete(personal_exports_table)
    .where(
        _own, personal_exports_table.c.id == bindparam("id", type_=Uuid), personal_exports_table.c.expire_time > _now
    )
    .returning(personal_exports_table.c.sealed, personal_exports_table.c.person_id)
)
DROP_EXPIRED = Query(delete(personal_exports_table).where(_own, personal_exports_table.c.expire_time <= _now))
