"""Partners and their keys in PostgreSQL."""

from sqlalchemy import DateTime, bindparam, select, update

from gateway.identity.metadata import metadata
from gateway.identity.partners.domain import Partner, PartnerKey
from gateway.identity.tenants.store import table as tenants
from services.kit.codec import Codec
from services.kit.sql import Query, insert_row
from services.kit.tables import tenant_table, text_column, time_column, uuid_column

partners_table = tenant_table(
    "partners",
    metadata,
    uuid_column(),
    text_column("name"),
    time_column("create_time"),
    time_column("end_time", nullable=True),
)
keys_table = tenant_table(
    "partner_keys",
    metadata,
    uuid_column(),
    uuid_column("partner_id"),
    text_column("nkey"),
    text_column("digest"),
    time_column("create_time"),
    time_column("end_time", nullable=True),
)
partners: Codec[Partner, None] = Codec(Partner, None)
keys: Codec[PartnerKey, None] = Codec(PartnerKey, None)

_partner = (partners_table.c.tenant_id == bindparam("tenant_id"), partners_table.c.end_time.is_(None))
_key = (keys_table.c.tenant_id == bindparam("tenant_id"), keys_table.c.end_time.is_(None))

_ends = {"end_time": bindparam("now", type_=DateTime(timezone=True))}

ADD = insert_row(partners_table)
ADD_KEY = insert_row(keys_table)
NAMED = Query(select(partners_table).where(*_partner, partners_table.c.name == bindparam("name")).with_for_update())
ALL = Query(select(partners_table).where(*_partner).order_by(partners_table.c.name))
KEYS = Query(
    select(keys_table).where(*_key, keys_table.c.partner_id == bindparam("partner_id")).order_by(keys_table.c.id)
)
KEY = Query(select(keys_table).where(*_key, keys_table.c.id == bindparam("id")))
END = Query(update(partners_table).where(*_partner, partners_table.c.id == bindparam("id")).values(_ends))
END_KEY = Query(update(keys_table).where(*_key, keys_table.c.id == bindparam("id")).values(_ends))
TENANTS = Query(select(tenants.c.tenant_id, tenants.c.name).order_by(tenants.c.name))
