"""Tenants in PostgreSQL: whoever signs in may look one up by name; changes need a transaction of that tenant."""

from sqlalchemy import BigInteger, Column, bindparam, select, update

from gateway.identity.metadata import metadata
from gateway.identity.tenants.domain import Tenant
from services.kit.codec import Codec
from services.kit.sql import Query, insert_row
from services.kit.tables import tenant_table, text_column, time_column

table = tenant_table(
    "tenants",
    metadata,
    text_column("name"),
    text_column("display_name"),
    Column("directory_version", BigInteger, nullable=False),
    time_column("create_time"),
    key=(),
)
codec: Codec[Tenant, None] = Codec(Tenant, None)

ADD = insert_row(table)
NAMED = Query(select(table).where(table.c.name == bindparam("name")))
OWN = Query(select(table).where(table.c.tenant_id == bindparam("tenant_id")))
COUNT_CHANGE = Query(
    update(table)
    .where(table.c.tenant_id == bindparam("tenant_id"))
    .values(directory_version=table.c.directory_version + 1)
)
