"""AuditService, served within the gateway: asks every service for its part, merges them by time."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from dealtrail.audit.v1 import audit_pb2 as pb

from services.kit.codec import from_timestamp, to_timestamp
from services.kit.database import Tx
from services.kit.page_tokens import bookmark, bookmarked
from services.kit.pages import DEFAULT_SIZE


class Part(Protocol):
    """A part of the log: kit's Peer for EntriesService of another process."""

    async def call(self, tx: Tx, method: str, request: Any, key: str = "") -> Any:
        """Call it for the transaction's principal."""


class Own:
    """The gateway's own part, read in the transaction at hand."""

    def __init__(self, servicer: Any) -> None:
        self._servicer = servicer

    async def call(self, tx: Tx, method: str, request: Any, key: str = "") -> Any:
        """As Part says."""
        del key  # reads only
        return await getattr(self._servicer, method)(request, tx)


class AuditServicer:
    """See proto/dealtrail/audit/v1/audit.proto."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    async def ListAuditEntries(self, request: pb.ListAuditEntriesRequest, tx: Tx) -> pb.ListAuditEntriesResponse:
        """One page of the whole log."""
        size, scope = request.page_size or DEFAULT_SIZE, _scope(tx, request)
        asked = pb.ReadEntriesRequest(filters=request, limit=size + 1)
        asked.filters.ClearField("page_token")
        if request.page_token:
            before, asked.before_id = bookmarked(scope, request.page_token)
            asked.before.CopyFrom(to_timestamp(datetime.fromisoformat(before)))
        answers = await asyncio.gather(*(part.call(tx, "ReadEntries", asked) for part in self._parts))
        found = sorted((entry for answer in answers for entry in answer.entries), key=_place, reverse=True)
        page, token = found[:size], ""
        if len(found) > size:
            at, last = _place(page[-1])
            token = bookmark(scope, at.isoformat(), last)
        return pb.ListAuditEntriesResponse(entries=page, next_page_token=token)


def _place(entry: pb.AuditEntry) -> tuple[datetime, str]:
    """What the log is ordered by. UUIDs as text sort as they do in PostgreSQL."""
    return from_timestamp(entry.create_time), entry.id


def _scope(tx: Tx, request: pb.ListAuditEntriesRequest) -> str:
    filters = (request.actor_id, request.action, request.subject_id, request.from_time, request.to_time)
    return f"audit {tx.principal.tenant_id} {tx.principal.user_id} {filters!r}"
