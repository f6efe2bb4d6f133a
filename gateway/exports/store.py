"""Quotas and the rows of each day in PostgreSQL, so that all processes count together."""

from sqlalchemy import BigInteger, Column, Date, MetaData, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kit.sql import Query
from services.kit.tables import tenant_table

metadata = MetaData()
quotas = tenant_table(
    "export_quotas",
    metadata,
    Column("user_rows", BigInteger, nullable=False),
    Column("tenant_rows", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    key=(),
)
days = tenant_table(
    "export_days",
    metadata,
    Column("day", Date, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("rows", BigInteger, nullable=False),
    key=("day", "user_id"),
)

_tenant = bindparam("tenant_id", type_=Uuid)
_day = bindparam("day", type_=Date)
_user = bindparam("user_id", type_=Uuid)
_rows = bindparam("rows", type_=BigInteger)
_given = {name: bindparam(name, type_=BigInteger) for name in ("user_rows", "tenant_rows", "version")}

QUOTA = Query(select(quotas).where(quotas.c.tenant_id == _tenant))
SET = Query(
    insert(quotas)
    .values(tenant_id=_tenant, **_given)
    .on_conflict_do_update(
        index_elements=["tenant_id"],
        set_=_given,
        where=quotas.c.version == bindparam("version", type_=BigInteger) - 1,
    )
)
USED = Query(select(days.c.user_id, days.c.rows).where(days.c.tenant_id == _tenant, days.c.day == _day))
TAKE = Query(
    insert(days)
    .values(tenant_id=_tenant, day=_day, user_id=_user, rows=_rows)
    .on_conflict_do_update(
        index_elements=["tenant_id", "day", "user_id"],
        set_={"rows": days.c.rows + _rows},
        where=days.c.rows + _rows <= bindparam("limit", type_=BigInteger),
    )
)
"""Touches no row if that would be more than the limit."""
