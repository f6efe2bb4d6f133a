"""What keeps a customer from being content."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Refused


class State(StrEnum):
    """Where an issue stands."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class IssueClosed(Refused):
    """The issue was settled already."""

    en = "the issue was closed already"
    zh = "该问题已关闭"


@dataclass
class Issue:
    """Something that keeps a customer from being content, and who sees to it."""

    id: UUID
    account_id: UUID
    title: str
    core: bool
    owner_id: UUID
    create_time: datetime
    update_time: datetime
    due_date: date | None = None
    state: State = State.OPEN
    settlement: str = ""
    close_time: datetime | None = None
    merged_from: UUID | None = None
    """The account under which it was recorded, where that was merged into `account_id`."""
    version: int = 1

    def close(self, settlement: str, at: datetime) -> None:
        """Settle it. Refused: ISSUE_CLOSED."""
        if self.state is State.CLOSED:
            raise IssueClosed
        self.state, self.settlement, self.close_time = State.CLOSED, settlement, at

    def told(self) -> "Issue":
        """What may be told of it beyond those who see it."""
        return replace(self, title="", settlement="")
