"""Two accounts that may be one company, by what, and who says that they are not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kit.errors import Conflict, Refused
from services.leads.matching.domain import Sign

STRENGTH: Mapping[Sign, int] = {Sign.USCC: 8, Sign.PHONE: 4, Sign.WECHAT: 4, Sign.NAME: 2, Sign.DOMAIN: 1}
"""How much each sign tells; it is summed. A code is of one company, a mail domain may be of a whole group."""


class DuplicateDismissed(Conflict):
    """Somebody has said so already."""

    en = "the pair was dismissed already"
    zh = "该疑似重复已被排除"


class DismissalUndone(Refused):
    """It does not hold any more."""

    en = "the dismissal was undone already"
    zh = "该排除已撤销"


@dataclass
class DuplicateDismissal:
    """That two accounts are no duplicates. The lesser id is `account_id`."""

    id: UUID
    account_id: UUID
    duplicate_id: UUID
    purpose: str
    dismissed_by: UUID
    create_time: datetime
    update_time: datetime
    undone_by: UUID | None = None
    undo_time: datetime | None = None
    version: int = 1

    def undo(self, who: UUID, at: datetime) -> None:
        """Let it hold no longer. Refused: DISMISSAL_UNDONE."""
        if self.undo_time is not None:
            raise DismissalUndone
        self.undone_by, self.undo_time = who, at
