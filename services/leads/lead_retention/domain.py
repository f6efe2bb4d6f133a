"""For how long persons of discarded leads and notices may be kept, and what is held."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.kit.keeping import must_be_within_bounds


@dataclass(frozen=True)
class LeadRetention:
    """Months; 0 keeps for good."""

    discarded_lead_months: int = 0
    notice_months: int = 0
    version: int = 0

    def changed(self, given: Mapping[str, int]) -> "LeadRetention":
        """With these months. Refused: RETENTION_OUT_OF_BOUNDS."""
        must_be_within_bounds(given)
        return replace(self, **given)


@dataclass
class LeadHold:
    """A lead that stays as it is."""

    id: UUID
    held_by: UUID
    create_time: datetime
