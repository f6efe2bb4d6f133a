"""EntriesService: a service's own part of the audit log, for the gateway that puts the parts together."""

from datetime import datetime
from typing import Any
from uuid import UUID

from dealtrail.audit.v1 import audit_pb2 as pb
from sqlalchemy import DateTime, Integer, Uuid, bindparam, select, tuple_
from sqlalchemy.sql.expression import Executable

from services.kit.codec import from_timestamp, to_timestamp
from services.kit.database import Tx
from services.kit.sql import Variants
from services.kit.tables import audit

_TIME = DateTime(timezone=True)
CONDITIONS: dict[str, Any] = {
    "actor_id": audit.c.actor_id == bindparam("actor_id", type_=Uuid),
    "action": audit.c.action == bindparam("action"),
    "subject_id": audit.c.subject_id == bindparam("subject_id", type_=Uuid),
    "from_time": audit.c.at >= bindparam("from_time", type_=_TIME),
    "to_time": audit.c.at < bindparam("to_time", type_=_TIME),
    "before": tuple_(audit.c.at, audit.c.id)
    < tuple_(bindparam("before", type_=_TIME), bindparam("before_id", type_=Uuid)),
}


def _select(*chosen: str) -> Executable:
    statement = select(audit).where(audit.c.tenant_id == bindparam("tenant_id"))
    for name in chosen:
        statement = statement.where(CONDITIONS[name])
    return statement.order_by(audit.c.at.desc(), audit.c.id.desc()).limit(bindparam("limit", type_=Integer))


READ = Variants(_select)


class EntriesServicer:
    """See proto/dealtrail/audit/v1/audit.proto."""

    def __init__(self, service: str) -> None:
        self._service = service

    async def ReadEntries(  # noqa: N802 - named as in the contract
        self, request: pb.ReadEntriesRequest, tx: Tx
    ) -> pb.ReadEntriesResponse:
        """Entries of this service, newest first."""
        bound = _given(request)
        chosen = [name for name in CONDITIONS if name in bound]
        rows = await tx.fetch(READ(*chosen), **bound, limit=request.limit)
        return pb.ReadEntriesResponse(entries=[self._entry(row) for row in rows])

    def _entry(self, row: Any) -> pb.AuditEntry:
        return pb.AuditEntry(
            id=str(row["id"]),
            create_time=to_timestamp(row["at"]),
            actor_id=str(row["actor_id"]),
            action=row["action"],
            subject_id=str(row["subject_id"]),
            purpose=row["purpose"],
            service=self._service,
            number=row["number"] or 0,
        )


def _given(request: pb.ReadEntriesRequest) -> dict[str, UUID | str | datetime]:
    filters = request.filters
    bound: dict[str, UUID | str | datetime] = {}
    for name in ("actor_id", "subject_id"):
        if value := getattr(filters, name):
            bound[name] = UUID(value)
    if filters.action:
        bound["action"] = filters.action
    if filters.HasField("from_time"):
        bound["from_time"] = from_timestamp(filters.from_time)
    if filters.HasField("to_time"):
        bound["to_time"] = from_timestamp(filters.to_time)
    if request.HasField("before"):
        bound |= {"before": from_timestamp(request.before), "before_id": UUID(request.before_id or "0" * 32)}
    return bound
