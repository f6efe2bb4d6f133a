"""What was found, how well it fits, and which comes first."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.leads import spelling
from services.leads.identifiers import uscc_letters
from services.leads.words import EMAIL, LONGEST_TAIL, PHONE, SHORTEST_TAIL, USCC, digits_of, plain_email

TIERS = ("whole", "begin", "part")
"""How the index is asked, the closest first."""
MASKED = 0, 0


class Kind(StrEnum):
    """What kind of thing was found."""

    LEAD = "LEAD"
    ACCOUNT = "ACCOUNT"
    CONTACT = "CONTACT"


class Closeness(StrEnum):
    """How well it fits, as spelling.Closeness orders it."""

    EXACT = "EXACT"
    PREFIX = "PREFIX"
    WORD = "WORD"
    SUBSTRING = "SUBSTRING"


@dataclass
class Highlight:
    """Where in a field it was found, in code points."""

    field: str
    start: int
    length: int


@dataclass
class Hit:
    """One thing that was found."""

    kind: Kind
    id: UUID
    name: str
    create_time: datetime
    contact_name: str = ""
    phone: str = ""
    email: str = ""
    uscc: str = ""
    account_id: UUID | None = None
    closeness: Closeness | None = None
    highlights: list[Highlight] = field(default_factory=list)

    @property
    def place(self) -> tuple[int, float]:
        """What hits are ordered by."""
        assert self.closeness is not None
        return spelling.Closeness[self.closeness.name], -self.create_time.timestamp()


class Query:
    """What somebody typed, and the ways in which things may be found by it."""

    def __init__(self, text: str) -> None:
        self.text = text
        only_digits = not text.strip("0123456789 +-().")
        self._digits = re.sub(r"\D", "", text)[-LONGEST_TAIL:] if only_digits else ""
        if len(self._digits) < SHORTEST_TAIL:
            self._digits = ""
        self._email = plain_email(text) if "@" in text else ""
        self._uscc = uscc_letters(text)

    def ways(self, tier: str) -> list[tuple[str, ...]]:
        """The words that a thing must have, for each way in which it may be found at that tier."""
        found = [way for one in spelling.asked(self.text) if (way := getattr(one, tier))]
        if self._digits and tier == "begin":
            found.append((PHONE + self._digits,))
        if self._email and tier == "whole":
            found.append((EMAIL + self._email,))
        if self._uscc and tier == "whole":
            found.append((USCC + self._uscc,))
        return found

    def judge(self, hit: Hit) -> bool:
        """Say how well it fits and where; whether it does."""
        found = sorted(self._matches(hit))
        if found:
            hit.closeness = Closeness[found[0][0].name]
            hit.highlights = [Highlight(name, start, length) for _, name, start, length in found]
        return bool(found)

    def _matches(self, hit: Hit) -> list[tuple[spelling.Closeness, str, int, int]]:
        texts: Mapping[str, Any] = {"name": hit.name, "contactName": hit.contact_name}
        found = [
            (one.closeness, name, one.start, one.length)
            for name, text in texts.items()
            if (one := spelling.match(self.text, text))
        ]
        dialled = digits_of(hit.phone)
        if self._digits and dialled.endswith(self._digits):
            close = spelling.Closeness.EXACT if dialled == self._digits else spelling.Closeness.WORD
            found.append((close, "phone", *MASKED))
        if self._email and plain_email(hit.email) == self._email:
            found.append((spelling.Closeness.EXACT, "email", *MASKED))
        if self._uscc and hit.uscc == self._uscc:
            found.append((spelling.Closeness.EXACT, "uscc", 0, len(hit.uscc)))
        return found
