"""Erasures in PostgreSQL, and the queue from which workers take them."""

from dealtrail.privacy.v1 import erasures_pb2 as pb
from sqlalchemy import Column, DateTime, MetaData, Uuid, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from gateway.erasures.domain import Erasure
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, json_column, tenant_table, text_column, time_column, uuid_column

metadata = MetaData()

erasures_table = tenant_table(
    "erasures",
    metadata,
    uuid_column(),
    Column("person_ids", ARRAY(Uuid), nullable=False),
    text_column("channel"),
    text_column("state"),
    text_column("decision"),
    uuid_column("requested_by"),
    uuid_column("decided_by", nullable=True),
    json_column("effects"),
    json_column("steps"),
    time_column("due_time"),
    time_column("end_time", nullable=True),
    time_column("hold_until", nullable=True),
    *change_columns(),
)
# Workers serve all tenants: they read this queue, which holds ids and times alone.
queue_table = tenant_table("erasure_queue", metadata, uuid_column(), time_column("not_before"))

codec: Codec[Erasure, pb.Erasure] = Codec(Erasure, pb.Erasure)
erasures = Store(erasures_table, codec, "erasure", "删除请求")
listing = Listing(erasures_table, filters={"state": by_enum(erasures_table.c.state, pb.Erasure.State)})

_tenant = bindparam("tenant_id", type_=Uuid)
OPEN = Query(
    select(erasures_table)
    .where(
        erasures_table.c.tenant_id == _tenant,
        erasures_table.c.person_ids.overlap(bindparam("person_ids", type_=ARRAY(Uuid))),
        erasures_table.c.end_time.is_(None),
    )
    .limit(1)
)
_when = bindparam("not_before", type_=DateTime(timezone=True))
_put = insert(queue_table).values(tenant_id=_tenant, id=bindparam("id", type_=Uuid), not_before=_when)
ENQUEUE = Query(
    _put.on_conflict_do_update(index_elements=["tenant_id", "id"], set_={"not_before": _put.excluded.not_before})
)
LEAVE = Query(
    delete(queue_table).where(queue_table.c.tenant_id == _tenant, queue_table.c.id == bindparam("id", type_=Uuid))
)
_next = (
    select(queue_table.c.id)
    .where(queue_table.c.not_before <= bindparam("now", type_=DateTime(timezone=True)))
    .order_by(queue_table.c.not_before)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
CLAIM = Query(
    update(queue_table)
    .where(queue_table.c.id == _next)
    .values(not_before=bindparam("until", type_=DateTime(timezone=True)))
    .returning(queue_table.c.tenant_id, queue_table.c.id)
)
