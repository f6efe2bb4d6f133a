"""A customer who has signed, and for how long nobody has met it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass
class NeglectedAccount:
    """A customer who has signed and is not looked after."""

    id: UUID
    name: str
    owner_id: UUID
    last_sign_time: datetime
    waiting_since: datetime
    last_touch_time: datetime | None = None
    days: int = 0

    def waited(self, now: datetime) -> "NeglectedAccount":
        """With the whole days that it has waited."""
        self.days = (now - self.waiting_since).days
        return self
