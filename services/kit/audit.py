"""The audit log: who did what to whom and why, in the transaction of the deed, append-only."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from dealtrail.type.v1.batch_pb2 import ItemResult

from services.kit.database import Tx
from services.kit.outbox import Entry


def record(tx: Tx, action: str, subject_id: UUID, purpose: str = "", actor_id: UUID | None = None) -> None:
    """Keep that the principal did `action` (such as "leads.RevealLead") to the subject, and what for.

    `actor_id` is who did it where the transaction is not theirs, such as somebody who signs in. The
    entry stands in the log if and only if the transaction commits, and takes no round trip of its own.
    """
    tx.entries.append(Entry(action, subject_id, purpose, actor_id or tx.principal.user_id))


def record_call(tx: Tx, action: str, request: Any, reply: Any) -> None:
    """Keep an audited call: one entry for each thing that the answer, or else the request, names by its id.

    A batch counts what it created; what existed or was refused was not done.
    """
    said = getattr(request, "purpose", "")
    purpose = said if isinstance(said, str) else ""
    for subject in _subjects(tx, request, reply):
        record(tx, action, subject, purpose)


def _subjects(tx: Tx, request: Any, reply: Any) -> Iterable[UUID]:
    if "results" in reply.DESCRIPTOR.fields_by_name:
        return [UUID(result.id) for result in reply.results if result.outcome == ItemResult.CREATED]
    for message in (reply, request):
        if "id" in message.DESCRIPTOR.fields_by_name:
            return [UUID(message.id)]
    return [tx.principal.user_id]
