"""How much may be exported, when the next day begins, and when somebody was shown more than is usual."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from services.kit.errors import Exhausted, Refused

ZONE = ZoneInfo("Asia/Shanghai")
EVERYBODY = UUID(int=0)
"""In the count of a day: all users of the tenant together."""


class ExportQuotaExceeded(Exhausted):
    """The rows of a day are used up, by the user or by all of the tenant."""

    en = "no more than {limit} rows may be exported in a day by {whom}; try again in {retry_after} s"
    zh = "每天最多导出 {limit} 行（{whom}），请在 {retry_after} 秒后重试"


class ExportNeedsApproval(Refused):
    """More rows than leave without somebody else's approval."""

    en = "an export of more than {limit} rows needs approval; ask for it with POST /v1/exportRequests"
    zh = "导出超过 {limit} 行需要审批，请先通过 POST /v1/exportRequests 提交申请"


@dataclass
class ExportQuota:
    """Rows in a day, and rows of one export that nobody has to approve."""

    user_rows: int = 50_000
    tenant_rows: int = 200_000
    approval_rows: int = 2000
    version: int = 0

    def exceeded(self, whom: UUID, now: datetime) -> ExportQuotaExceeded:
        """The refusal for what goes beyond it."""
        everybody = whom == EVERYBODY
        limit, name = (self.tenant_rows, "the tenant") if everybody else (self.user_rows, "one user")
        left = (next_day(now) - now).total_seconds()
        return ExportQuotaExceeded(limit=limit, whom=name, retry_after=math.ceil(left))

    def limit(self, whom: UUID) -> int:
        """Rows for one user, or for everybody."""
        return self.tenant_rows if whom == EVERYBODY else self.user_rows


def day(now: datetime) -> date:
    """The day whose rows are counted."""
    return now.astimezone(ZONE).date()


def next_day(now: datetime) -> datetime:
    """When rows are free again."""
    return datetime.combine(day(now) + timedelta(days=1), time(), ZONE)


class State(StrEnum):
    """How far an export is; see proto/dealtrail/exports/v1/exports.proto."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass
class Export:
    """One list that left as CSV, or is leaving."""

    id: UUID
    owner_id: UUID
    team_id: UUID | None
    list: str
    request_id: UUID | None
    create_time: datetime
    update_time: datetime
    state: State = State.RUNNING
    rows: int = 0
    version: int = 1


class Kind(StrEnum):
    """What somebody was shown; see DisclosureUnusual in proto/dealtrail/identity/v1/events.proto."""

    REVEALS = "REVEALS"
    EXPORTED_ROWS = "EXPORTED_ROWS"


FLOOR = {Kind.REVEALS: 30, Kind.EXPORTED_ROWS: 1000}
"""What one user may be shown in a day without anybody being told, however little is usual."""
DAYS = 30
SIGMAS = 3


@dataclass(frozen=True)
class Unusual:
    """Somebody was shown more than is usual for them."""

    id: UUID
    version: ClassVar[int] = 1


def usual(kind: Kind, past: Sequence[int]) -> int:
    """Up to how much in a day is usual for somebody, by the last DAYS days; days without any are zeros.

    Mean and three standard deviations of the user's own days (Shewhart's control limit), and never below FLOOR.
    """
    days = [*past, *[0] * (DAYS - len(past))]
    return max(FLOOR[kind], math.floor(statistics.fmean(days) + SIGMAS * statistics.pstdev(days)))
