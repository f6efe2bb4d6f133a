"""The layers of the small funnel."""

from dataclasses import dataclass, field

from services.analytics.refused_promotions.domain import Refusals


@dataclass(frozen=True)
class Layer:
    """What came into a layer within a period, and how much of that has gone on to the next."""

    name: str
    count: int
    promoted: int
    refusals: list[Refusals] = field(default_factory=list)
    """What was refused to go on within the period."""

    @property
    def rate(self) -> float | None:
        """The share that has gone on; None if there is nothing."""
        return self.promoted / self.count if self.count else None
