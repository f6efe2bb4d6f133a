"""Signing keys in PostgreSQL: rows of no tenant, so that a tenant's transaction does not even see them."""

from dealtrail.identity.v1 import signing_keys_pb2 as pb
from sqlalchemy import bindparam, func, select

from gateway.identity.metadata import metadata
from gateway.identity.signing_keys.domain import SigningKey
from services.kit.codec import Codec
from services.kit.sql import Query, insert_row
from services.kit.tables import tenant_table, text_column, time_column

table = tenant_table(
    "signing_keys", metadata, text_column("kid"), text_column("sealed"), time_column("create_time"), key=("kid",)
)
codec = Codec(SigningKey, pb.SigningKey)

ALL = Query(select(table).where(table.c.tenant_id == bindparam("tenant_id")))
ADD = insert_row(table)
ALONE = Query(select(func.pg_advisory_xact_lock(func.hashtext("dealtrail.signing_keys"))))
