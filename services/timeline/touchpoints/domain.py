"""A touchpoint and what may be said of it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.kit.errors import Conflict, Denied, Invalid
from services.timeline.entries.domain import Visibility
from services.timeline.touchpoint_kinds.domain import Category


class Direction(StrEnum):
    """Which way it went: from the customer to us, or from us to the customer."""

    IN = "IN"
    OUT = "OUT"


class UnknownSubject(Invalid):
    """There is no such account, lead or deal in the caller's sight."""

    en = "no such {kind} in your sight"
    zh = "找不到该{kind_zh}"

    def __init__(self, kind: str) -> None:
        super().__init__(kind=kind, kind_zh={"account": "客户", "lead": "线索", "deal": "商机"}[kind])

    def violations(self, language: str = "en") -> list[tuple[str, str]]:
        return [(f"{self.facts['kind']}_id", self.message(language))]


class UnknownParticipant(Invalid):
    """One of the participants is no contact in the caller's sight."""

    field = "participants"
    en = "no such contact in your sight: {id}"
    zh = "找不到该联系人：{id}"


class DirectionNotApplicable(Invalid):
    """People met: nothing was sent either way."""

    field = "direction"
    en = "a {kind} goes neither in nor out"
    zh = "{kind} 没有方向"


class TouchpointExists(Conflict):
    """The id was given to a touchpoint before."""

    field = "id"
    en = "there is a touchpoint of that id already"
    zh = "该编号的接触点已存在"


class NotTheAuthor(Denied):
    """Only who had the touchpoint can say what it was."""

    en = "only its author may correct a touchpoint"
    zh = "只有记录人本人可以更正"


@dataclass
class Touchpoint:
    """Something that passed between us and a customer."""

    id: UUID
    kind: str
    category: Category
    occurred_time: datetime
    author_id: UUID
    create_time: datetime
    update_time: datetime
    account_id: UUID | None = None
    lead_id: UUID | None = None
    deal_id: UUID | None = None
    direction: Direction | None = None
    duration_s: int = 0
    subject: str = ""
    note: str = ""
    place: str = ""
    has_text: bool = False
    """Whether anything is written down that may hold personal data; others are told no more than that."""
    participants: list[UUID] = field(default_factory=list)
    visibility: Visibility = Visibility.NORMAL
    version: int = 1

    def must_make_sense(self) -> None:
        """Refused: DIRECTION_NOT_APPLICABLE."""
        if self.direction and self.category is Category.VISIT:
            raise DirectionNotApplicable(kind=self.kind)

    def corrected(self, by: UUID, **content: Any) -> "Touchpoint":
        """The same with other content. Refused: NOT_THE_AUTHOR; DIRECTION_NOT_APPLICABLE."""
        if by != self.author_id:
            raise NotTheAuthor
        anew = replace(self, **content)
        anew.must_make_sense()
        return anew

    def without_text(self) -> "Touchpoint":
        """What others may know of it."""
        return replace(self, subject="", note="", place="")

    def reads_open_to(self, user_id: UUID) -> bool:
        """Whether somebody who sees that it exists may read its text without giving a purpose."""
        return self.visibility is Visibility.NORMAL or self.author_id == user_id

    def facts(self) -> dict[str, str]:
        """What its entry in the timeline says of it."""
        known = {
            "direction": self.direction or "",
            "durationS": str(self.duration_s or ""),
            "participants": str(len(self.participants) or ""),
            "hasText": "true" if self.has_text else "",
            "corrections": str(self.version - 1 or ""),
        }
        return {name: str(value) for name, value in known.items() if value}
