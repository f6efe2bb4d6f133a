"""A refused promotion as its event tells of it, and how many there were."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RefusedPromotion:
    """A try to make a deal of a lead that was refused."""

    id: UUID
    lead_id: UUID
    rep_id: UUID
    reason: str
    refuse_day: date


@dataclass(frozen=True)
class Refusals:
    """The promotions that were refused for one reason: tries, and leads, each once."""

    reason: str
    attempts: int
    leads: int
