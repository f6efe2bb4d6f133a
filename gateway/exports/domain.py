"""How much may be exported, and when the next day begins."""

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.kit.errors import Exhausted

ZONE = ZoneInfo("Asia/Shanghai")
EVERYBODY = UUID(int=0)
"""In the count of a day: all users of the tenant together."""


class ExportQuotaExceeded(Exhausted):
    """The rows of a day are used up, by the user or by all of the tenant."""

    en = "no more than {limit} rows may be exported in a day by {whom}; try again in {retry_after} s"
    zh = "每天最多导出 {limit} 行（{whom}），请在 {retry_after} 秒后重试"


@dataclass
class ExportQuota:
    """Rows in a day."""

    user_rows: int = 50_000
    tenant_rows: int = 200_000
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
