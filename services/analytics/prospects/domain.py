"""A prospect as its newest known event tells of it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

PROMOTED = "PROMOTED"


@dataclass(frozen=True, slots=True)
class Prospect:
    """What is known of a prospect."""

    id: UUID
    owner_id: UUID
    team_id: UUID | None
    lead_id: UUID | None
    status: str
    found_day: date
    version: int
