"""A request for an export: who decides about it, when it may run, and what it is for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from services.kit.errors import Refused

LIFETIME = timedelta(hours=24)
"""How long an approved export may wait to be run."""
OURS = frozenset({"format", "exportRequest", "pageSize", "pageToken"})
"""Parameters that say how a list is read and not what is in it."""


class ExportRequestDecided(Refused):
    """Somebody has decided already."""

    en = "the export request is {state} already"
    zh = "该导出申请已处于 {state} 状态"


class OwnExportRequest(Refused):
    """Nobody lets out by themselves what is their own wish."""

    en = "an export is decided by somebody else than who asked for it"
    zh = "不能审批自己提交的导出申请"


class ExportNotApproved(Refused):
    """The request lets nothing leave: it is not approved, was exported, or its time is over."""

    en = "the export request is {state}; only one that is APPROVED can be exported, once and in time"
    zh = "该导出申请处于 {state} 状态；仅已批准且未过期的申请可导出一次"


class ExportNotAsRequested(Refused):
    """Another list, or other filters, than was approved."""

    en = "approved was the export of {list}"
    zh = "获批导出的是 {list}"


class State(StrEnum):
    """Where a request stands; see proto/dealtrail/exports/v1/export_requests.proto."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass
class ExportRequest:
    """One request for an export."""

    id: UUID
    owner_id: UUID
    team_id: UUID | None
    list: str
    purpose: str
    create_time: datetime
    update_time: datetime
    state: State = State.REQUESTED
    decision: str = ""
    decided_by: UUID | None = None
    expire_time: datetime | None = None
    export_id: UUID | None = None
    rows: int = 0
    version: int = 1
    collaborators: ClassVar[tuple[UUID, ...]] = ()
    """Nobody shares one."""

    def approve(self, by: UUID, now: datetime) -> None:
        """Let it leave, for LIFETIME. Refused: EXPORT_REQUEST_DECIDED, OWN_EXPORT_REQUEST."""
        self._decide(State.APPROVED, by)
        self.expire_time = now + LIFETIME

    def refuse(self, by: UUID, reason: str) -> None:
        """Keep it in. Refused: EXPORT_REQUEST_DECIDED, OWN_EXPORT_REQUEST."""
        self._decide(State.REFUSED, by)
        self.decision = reason

    def _decide(self, state: State, by: UUID) -> None:
        if by == self.owner_id:
            raise OwnExportRequest
        if self.state is not State.REQUESTED:
            raise ExportRequestDecided(state=self.state)
        self.state, self.decided_by = state, by

    def must_let_leave(self, asked: str, now: datetime) -> None:
        """Whether this very list may be exported now. Refused: EXPORT_NOT_APPROVED, EXPORT_NOT_AS_REQUESTED."""
        over = self.expire_time is not None and now > self.expire_time
        if self.state is not State.APPROVED or over:
            raise ExportNotApproved(state=State.EXPIRED if over and self.state is State.APPROVED else self.state)
        if asked != self.list:
            raise ExportNotAsRequested(list=self.list)

    def run(self, export_id: UUID) -> None:
        """It is used up: its rows leave as that export."""
        self.state, self.export_id = State.RUNNING, export_id


def canonical(path: str, query: str) -> str:
    """One spelling of a list and its filters, in whatever order and with whatever encoding they were given."""
    given = parse_qsl(query, keep_blank_values=True)
    kept = sorted((name, value) for name, value in given if name not in OURS)
    return f"{path}?{urlencode(kept)}" if kept else path
