"""Export requests in PostgreSQL. Filters and purposes may name people: they are sealed."""

from dealtrail.exports.v1 import export_requests_pb2 as pb
from sqlalchemy import BigInteger, Column, DateTime, MetaData, Uuid, bindparam, update

from gateway.export_requests.domain import ExportRequest, State
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, time_column, uuid_column

metadata = MetaData()
table = tenant_table(
    "export_requests",
    metadata,
    uuid_column(),
    uuid_column("owner_id"),
    uuid_column("team_id", nullable=True),
    text_column("list"),
    text_column("purpose"),
    text_column("state"),
    text_column("decision"),
    uuid_column("decided_by", nullable=True),
    time_column("expire_time", nullable=True),
    uuid_column("export_id", nullable=True),
    Column("rows", BigInteger, nullable=False),
    sealed_column(),
    *change_columns(),
)
codec: Codec[ExportRequest, pb.ExportRequest] = Codec(ExportRequest, pb.ExportRequest)
sealing = Sealing(table, ("list", "purpose", "decision"))
requests = Store(table, codec, "export request", "导出申请", sealing=sealing)
listing = Listing(
    table,
    filters={"state": by_enum(table.c.state, pb.ExportRequest.State), "owner_id": by_id(table.c.owner_id)},
    sealing=sealing,
)

_now = bindparam("now", type_=DateTime(timezone=True))
_mine = table.c.tenant_id == bindparam("tenant_id", type_=Uuid)
EXPIRE = Query(
    update(table)
    .where(_mine, table.c.state == State.APPROVED.value, table.c.expire_time < _now)
    .values(state=State.EXPIRED.value, update_time=_now, version=table.c.version + 1)
)
FOLLOW = Query(
    update(table)
    .where(_mine, table.c.export_id == bindparam("export_id", type_=Uuid))
    .values(
        state=bindparam("to", type_=table.c.state.type),
        rows=bindparam("rows", type_=BigInteger),
        update_time=_now,
        version=table.c.version + 1,
    )
)
"""A request shows how far its export is."""
