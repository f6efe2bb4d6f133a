"""A report on leads for one recipient, whose numbers never change."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass
class LeadReport:
    """What one recipient was reported for one period. `content` is empty where they had left."""

    id: UUID
    schedule: str
    title: str
    recipient_id: UUID
    start: date
    end: date
    due_time: datetime
    create_time: datetime
    update_time: datetime
    content: bytes = b""
    deliver_time: datetime | None = None
    read_time: datetime | None = None
    version: int = 1

    def read(self, at: datetime) -> bool:
        """Note that the recipient has read it; whether that is new."""
        if self.read_time is not None:
            return False
        self.read_time = at
        return True


@dataclass(frozen=True)
class LeadReportCount:
    """The reports of one schedule for one recipient, or all."""

    schedule: str
    recipient_id: UUID | None
    due: int
    delivered: int
    read: int

    @property
    def delivered_share(self) -> float | None:
        """The share that was delivered."""
        return self.delivered / self.due if self.due else None

    @property
    def read_share(self) -> float | None:
        """The share of those delivered that was read."""
        return self.read / self.delivered if self.delivered else None
