"""A promotion that was refused, and how many were."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class RefusedPromotion:
    """A try to make a deal of a lead that was refused for want of an interest."""

    id: UUID
    lead_id: UUID
    rep_id: UUID
    create_time: datetime
    first: bool = False
    converted: bool = False


@dataclass(frozen=True)
class RefusedPromotionCount:
    """The refused promotions of one rep, or of all."""

    rep_id: UUID | None
    attempts: int
    leads: int
    converted: int
