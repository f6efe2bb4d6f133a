"""For how long texts may be kept, and what is held."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.kit.keeping import must_be_within_bounds
from services.timeline.touchpoint_kinds.domain import Category


@dataclass(frozen=True)
class Retention:
    """Months by category; 0 keeps texts until they are erased."""

    visit_months: int = 0
    communication_months: int = 0
    document_months: int = 0
    version: int = 0

    def changed(self, given: Mapping[str, int]) -> "Retention":
        """With these months. Refused: RETENTION_OUT_OF_BOUNDS."""
        must_be_within_bounds(given)
        return replace(self, **given)

    def limits(self) -> Iterator[tuple[Category, int]]:
        """The categories whose texts go after a time, and after how many months."""
        for category in Category:
            if months := getattr(self, f"{category.value.lower()}_months"):
                yield category, months


@dataclass
class LegalHold:
    """An account whose texts stay."""

    id: UUID
    held_by: UUID
    create_time: datetime
    covers: list[UUID] = field(default_factory=list)
    """The account, and those that were merged into it before or during the hold."""
