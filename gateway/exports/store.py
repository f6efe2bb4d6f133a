"""Quotas, what was shown on each day, and each export, in PostgreSQL, so that all processes count together."""

from datetime import timedelta

from dealtrail.exports.v1 import exports_pb2 as pb
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, MetaData, Uuid, bindparam, false, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.exports.domain import DAYS, Export, State
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, uuid_column

metadata = MetaData()
quotas = tenant_table(
    "export_quotas",
    metadata,
    Column("user_rows", BigInteger, nullable=False),
    Column("tenant_rows", BigInteger, nullable=False),
    Column("approval_rows", BigInteger, nullable=False, server_default="2000"),
    Column("version", BigInteger, nullable=False),
    key=(),
)
days = tenant_table(
    "export_days",
    metadata,
    Column("day", Date, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("reveals", BigInteger, nullable=False, server_default="0"),
    Column("rows_told", Boolean, nullable=False, server_default=false()),
    Column("reveals_told", Boolean, nullable=False, server_default=false()),
    key=("day", "user_id"),
)
exports_table = tenant_table(
    "exports",
    metadata,
    uuid_column(),
    uuid_column("owner_id"),
    uuid_column("team_id", nullable=True),
    text_column("list"),
    uuid_column("request_id", nullable=True),
    text_column("state"),
    Column("rows", BigInteger, nullable=False),
    *change_columns(),
)
codec: Codec[Export, pb.Export] = Codec(Export, pb.Export)
exports = Store(exports_table, codec, "export", "导出记录")
listing = Listing(
    exports_table,
    filters={
        "owner_id": by_id(exports_table.c.owner_id),
        "state": by_enum(exports_table.c.state, pb.Export.State),
    },
)

_tenant = bindparam("tenant_id", type_=Uuid)
_day = bindparam("day", type_=Date)
_user = bindparam("user_id", type_=Uuid)
_rows = bindparam("rows", type_=BigInteger)
_given = {name: bindparam(name, type_=BigInteger) for name in ("user_rows", "tenant_rows", "approval_rows", "version")}

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
    .returning(days.c.rows, days.c.rows_told)
)
"""Touches no row if that would be more than the limit."""
REVEAL = Query(
    insert(days)
    .values(tenant_id=_tenant, day=_day, user_id=_user, rows=0, reveals=1)
    .on_conflict_do_update(index_elements=["tenant_id", "day", "user_id"], set_={"reveals": days.c.reveals + 1})
    .returning(days.c.reveals, days.c.reveals_told)
)
_since = bindparam("since", type_=Date)
PAST = Query(
    select(days.c.rows, days.c.reveals).where(
        days.c.tenant_id == _tenant, days.c.user_id == _user, days.c.day >= _since, days.c.day < _day
    )
)
_today = (days.c.tenant_id == _tenant) & (days.c.day == _day) & (days.c.user_id == _user)
TOLD_ROWS = Query(update(days).where(_today, ~days.c.rows_told).values(rows_told=True))
TOLD_REVEALS = Query(update(days).where(_today, ~days.c.reveals_told).values(reveals_told=True))

_now = bindparam("now", type_=DateTime(timezone=True))
GO_ON = Query(
    update(exports_table)
    .where(exports_table.c.tenant_id == _tenant, exports_table.c.id == bindparam("id", type_=Uuid))
    .values(rows=exports_table.c.rows + _rows, update_time=_now, version=exports_table.c.version + 1)
    .returning(exports_table.c.rows)
)
END = Query(
    update(exports_table)
    .where(
        exports_table.c.tenant_id == _tenant,
        exports_table.c.id == bindparam("id", type_=Uuid),
        exports_table.c.state == State.RUNNING.value,
    )
    .values(
        state=bindparam("to", type_=exports_table.c.state.type),
        update_time=_now,
        version=exports_table.c.version + 1,
    )
    .returning(exports_table.c.rows)
)
ABANDONED = Query(
    select(exports_table.c.id)
    .where(
        exports_table.c.tenant_id == _tenant,
        exports_table.c.state == State.RUNNING.value,
        exports_table.c.update_time < bindparam("before", type_=DateTime(timezone=True)),
    )
    .limit(100)
)
LOOK_BACK = timedelta(days=DAYS)
