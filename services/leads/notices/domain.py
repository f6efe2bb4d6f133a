"""What a user is told, and the kinds of news that there are."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from services.kit.sentences import fill


class News:
    """Something to tell a user. Subclasses are named for the fact; the kind that clients match on is derived from it.

    `zh` and `en` are templates filled from the facts (see kit.sentences). Facts are kept and sent on in the open:
    they hold no personal data.
    """

    kinds: ClassVar[dict[str, type["News"]]] = {}
    kind: ClassVar[str] = ""
    zh: ClassVar[str]
    en: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).upper()
        News.kinds[cls.kind] = cls

    def __init__(self, subject: str, subject_id: UUID, **facts: object) -> None:
        """`subject` is the noun of what it is about, as in the API: "lead", "account", "collision"."""
        self.subject = subject
        self.subject_id = subject_id
        self.facts = {name: str(value) for name, value in facts.items()}


@dataclass
class Notice:
    """One user told of one thing."""

    id: UUID
    user_id: UUID
    kind: str
    subject: str
    subject_id: UUID
    actor_id: UUID
    create_time: datetime
    update_time: datetime
    facts: dict[str, str] = field(default_factory=dict)
    read_time: datetime | None = None
    version: int = 1

    @property
    def message(self) -> str:
        """What people read, in English; the kind itself if this process does not know it yet."""
        return fill(News.kinds[self.kind].en, self.facts) if self.kind in News.kinds else self.kind

    @property
    def message_zh(self) -> str:
        """The same in Chinese."""
        return fill(News.kinds[self.kind].zh, self.facts) if self.kind in News.kinds else self.kind

    def read(self, at: datetime) -> bool:
        """Note that the user has read it; whether that is new."""
        if self.read_time is not None:
            return False
        self.read_time = at
        return True


@dataclass(frozen=True, slots=True)
class Ear:
    """Who hears of a notice as it is told: its user alone, whatever others may see."""

    id: UUID
    owner_id: UUID
    version: int
    team_id: None = None
    collaborators: tuple[UUID, ...] = ()
    exclusive: bool = True


class ExportRequested(News):
    """An export waits for the user's approval."""

    zh = "一份导出申请等待您审批"
    en = "An export waits for your approval"


class ExportApproved(News):
    """The user's export may leave."""

    zh = "您的导出申请已通过，请在 24 小时内导出"
    en = "Your export was approved; it may be run once within 24 hours"


class ExportRefused(News):
    """The user's export may not leave; why stands with the request."""

    zh = "您的导出申请未通过"
    en = "Your export was not approved"


class DisclosureUnusual(News):
    """Somebody was shown more people in a day than is usual for them."""

    zh = "有成员今日{what_zh}异常：已达 {amount}，平时不超过 {usual}"
    en = "Unusual for a member today: {amount} {what}, usually not more than {usual}"
