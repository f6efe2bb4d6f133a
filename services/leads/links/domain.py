"""A way to a form that belongs to one rep."""

import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.kit.errors import Exhausted
from services.kit.ids import new_id

ALPHABET = string.ascii_letters + string.digits
TOKEN_LENGTH = 12
"""Of 62 letters: 71 bits, which nobody guesses over a network that bounds requests."""
MOST_PASSED_ON = 10_000


class LinkPassedOnTooOften(Exhausted):
    """There are as many links below a rep's as anybody will ever read."""

    en = "this link was passed on too often"
    zh = "该链接转发次数过多"


@dataclass
class Link:
    """A link of a rep to a form, with its figures: those of the links below it are in them."""

    id: UUID
    form_id: UUID
    owner_id: UUID
    team_id: UUID | None
    token: str
    create_time: datetime
    parent_id: UUID | None = None
    root_id: UUID | None = None
    views: int = 0
    shares: int = 0
    reshares: int = 0
    leads: int = 0
    collaborators: list[UUID] = field(default_factory=list)

    def passed_on(self, now: datetime) -> "Link":
        """A link below this one, of the same rep. Refused: LINK_PASSED_ON_TOO_OFTEN."""
        if self.reshares >= MOST_PASSED_ON:
            raise LinkPassedOnTooOften(retry_after=86400)
        root = self.root_id or self.id
        return Link(new_id(), self.form_id, self.owner_id, self.team_id, new_token(), now, self.id, root)

    @property
    def line(self) -> list[UUID]:
        """The links whose figures count what happens to this one: itself, and the rep's at the top."""
        return [self.id] if self.root_id is None else [self.root_id, self.id]


def new_token() -> str:
    """A word that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(TOKEN_LENGTH))


def rate(leads: int, views: int) -> float | None:
    """How many of those who opened a page became leads; None if nobody has."""
    return leads / views if views else None
