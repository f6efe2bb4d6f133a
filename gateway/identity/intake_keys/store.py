"""Intake keys in PostgreSQL: a digest of each, never the key. They are the tenant's, whoever owns their leads."""

from dealtrail.identity.v1 import intake_keys_pb2 as pb
from sqlalchemy import ColumnElement, Uuid, bindparam, select

from gateway.identity.intake_keys.domain import IntakeKey
from gateway.identity.metadata import metadata
from services.kit.codec import Codec
from services.kit.pages import Listing
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, time_column, uuid_column

table = tenant_table(
    "intake_keys",
    metadata,
    uuid_column(),
    text_column("name"),
    uuid_column("owner_id"),
    text_column("channel"),
    text_column("campaign"),
    text_column("digest"),
    time_column("revoke_time", nullable=True),
    *change_columns(),
)


def _of_tenant(_: str) -> ColumnElement[bool]:
    return table.c.tenant_id == bindparam("tenant_id", type_=Uuid)


codec = Codec(IntakeKey, pb.IntakeKey)
intake_keys = Store(table, codec, "intake key", "接入密钥", sight=_of_tenant)
listing = Listing(table, filters={}, orders=("create_time desc",), sight=_of_tenant)
KEY = Query(select(table).where(_of_tenant(""), table.c.id == bindparam("id", type_=Uuid)))
