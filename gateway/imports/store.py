"""Operations, their files and their refused rows in PostgreSQL, and the queue from which workers take them."""

from dealtrail.imports.v1 import operations_pb2 as pb
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    select,
    update,
)

from gateway.imports.domain import Operation
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Query, insert_row
from services.kit.store import Store
from services.kit.tables import (
    change_columns,
    json_column,
    owner_columns,
    tenant_table,
    text_column,
    time_column,
    uuid_column,
)
from services.kit.visibility import OWN, TEAM, in_sight

metadata = MetaData()

operations_table = tenant_table(
    "operations",
    metadata,
    uuid_column(),
    text_column("kind"),
    text_column("state"),
    Column("dry_run", Boolean, nullable=False),
    text_column("file_name"),
    json_column("rows"),
    json_column("columns"),
    text_column("reason"),
    text_column("message"),
    *owner_columns(),
    time_column("end_time", nullable=True),
    *change_columns(),
)
files_table = tenant_table(
    "import_files",
    metadata,
    uuid_column("operation_id"),
    Column("piece", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    key=("operation_id", "piece"),
)
refusals_table = tenant_table(
    "import_refusals",
    metadata,
    uuid_column("operation_id"),
    Column("row", Integer, nullable=False),
    json_column("cells"),
    text_column("reason"),
    json_column("faults"),
    sealed_column(),
    key=("operation_id", "row"),
)
# Workers serve all tenants: they read this queue, which holds ids alone, and then work as the tenant of each.
queue_table = tenant_table(
    "import_queue",
    metadata,
    uuid_column(),
    uuid_column("worker", nullable=True),
    time_column("leased_until", nullable=True),
    Column("ended", Boolean, nullable=False),
    time_column("expire_time"),
)


def _sight(reach: str) -> object:
    """Files hold what only their owner may have seen: of others the boss alone sees them."""
    return in_sight(operations_table, OWN if reach == TEAM else reach)


codec: Codec[Operation] = Codec(Operation, pb.Operation)
operations = Store(operations_table, codec, "operation", "操作", sight=_sight)  # type: ignore[arg-type] # sight by owner alone
listing = Listing(
    operations_table,
    filters={"state": by_enum(operations_table.c.state, pb.Operation.State)},
    sight=_sight,  # type: ignore[arg-type] # sight by owner alone
)

_own = operations_table.c.tenant_id == bindparam("tenant_id", type_=Uuid)
_of_file = and_(
    files_table.c.tenant_id == bindparam("tenant_id", type_=Uuid),
    files_table.c.operation_id == bindparam("operation_id", type_=Uuid),
)
_of_refusals = and_(
    refusals_table.c.tenant_id == bindparam("tenant_id", type_=Uuid),
    refusals_table.c.operation_id == bindparam("operation_id", type_=Uuid),
)
_in_queue = and_(
    queue_table.c.tenant_id == bindparam("tenant_id", type_=Uuid), queue_table.c.id == bindparam("id", type_=Uuid)
)
_held = and_(_in_queue, queue_table.c.worker == bindparam("by", type_=Uuid))

UNFINISHED = Query(
    select(func.count()).select_from(operations_table).where(_own, operations_table.c.end_time.is_(None))
)
ADD_PIECE = insert_row(files_table)
FILE = Query(select(files_table.c.content).where(_of_file).order_by(files_table.c.piece))
DROP_FILE = Query(delete(files_table).where(_of_file))
ADD_REFUSAL = insert_row(refusals_table)
sealing = Sealing(refusals_table, ("cells", "faults"), key="operation_id")
"""Under the key of the operation, as the pieces of its file are."""
REFUSALS = Query(
    sealing.select()
    .where(_of_refusals, refusals_table.c.row > bindparam("after", type_=Integer))
    .order_by(refusals_table.c.row)
    .limit(bindparam("limit", type_=Integer))
)
DROP_REFUSALS = Query(delete(refusals_table).where(_of_refusals))

ENQUEUE = insert_row(queue_table)
_free = (
    select(queue_table.c.id)
    .where(~queue_table.c.ended, func.coalesce(queue_table.c.leased_until, bindparam("now")) <= bindparam("now"))
    .order_by(queue_table.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_until = bindparam("until", type_=DateTime(timezone=True))
CLAIM = Query(
    update(queue_table)
    .where(queue_table.c.id == _free)
    .values(worker=bindparam("by", type_=Uuid), leased_until=_until)
    .returning(queue_table.c.tenant_id, queue_table.c.id)
)
RENEW = Query(update(queue_table).where(_held).values(leased_until=_until))
LEAVE = Query(update(queue_table).where(_held).values(worker=None, leased_until=None))
END = Query(update(queue_table).where(_in_queue).values(ended=True, worker=None, leased_until=None))
EXPIRED = Query(
    select(queue_table.c.tenant_id, queue_table.c.id)
    .where(queue_table.c.ended, queue_table.c.expire_time < bindparam("now"))
    .limit(100)
)
KEPT = Query(
    select(operations_table)
    .where(
        _own,
        operations_table.c.id.in_(
            select(files_table.c.operation_id).where(files_table.c.tenant_id == bindparam("tenant_id", type_=Uuid))
        ),
    )
    .order_by(operations_table.c.id)
)
"""The operations whose files are still there."""
FORGET = Query(delete(queue_table).where(_in_queue))
