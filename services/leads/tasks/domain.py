"""Something to do."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID


@dataclass
class Task:
    """What its owner has to do about a lead by a day. Where the lead is its owner's alone, so is the task."""

    id: UUID
    title: str
    lead_id: UUID
    owner_id: UUID
    team_id: UUID | None
    due_date: date
    create_time: datetime
    update_time: datetime
    exclusive: bool = False
    done_time: datetime | None = None
    collaborators: list[UUID] = field(default_factory=list)
    version: int = 1

    def complete(self, now: datetime) -> bool:
        """Note that it is done; whether that is new."""
        if self.done_time is not None:
            return False
        self.done_time = now
        return True
