"""What we are to a customer, and how that changes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from services.kit.errors import Invalid


class ReviewInThePast(Invalid):
    """The relation is to be looked at again on a day that has gone by."""

    field = "review_date"
    en = "the day of review has gone by"
    zh = "复核日期已过"


class TargetBelowLevel(Invalid):
    """Less is aimed for than there is."""

    field = "target_level"
    en = "the target is below the level"
    zh = "目标层次低于当前层次"


@dataclass
class RelationLevel:
    """What we were judged to be to a customer, 1 to 5."""

    id: UUID
    account_id: UUID
    level: int
    evidence: str
    target_level: int
    review_date: date
    author_id: UUID
    create_time: datetime
    merged_from: UUID | None = None
    """The account under which it was recorded, where that was merged into `account_id`."""
    version: int = 1

    def must_make_sense(self, today: date) -> None:
        """Refused: REVIEW_IN_THE_PAST, TARGET_BELOW_LEVEL."""
        if self.review_date < today:
            raise ReviewInThePast
        if self.target_level < self.level:
            raise TargetBelowLevel

    def told(self) -> "RelationLevel":
        """What may be told of it beyond those who see it."""
        return replace(self, evidence="")


@dataclass(frozen=True)
class RelationCount:
    """How many customers stand at a level."""

    level: int
    accounts: int


@dataclass(frozen=True)
class RelationDistribution:
    """How many customers stand where, and how many have moved."""

    counts: list[RelationCount]
    risen: int
    fallen: int
    overdue: int


def distribution(
    now: Mapping[UUID, int], then: Mapping[UUID, int], reviews: Mapping[UUID, date], by: date
) -> RelationDistribution:
    """Of levels by customer. Who had no level then has neither risen nor fallen."""
    counts = [RelationCount(level, accounts) for level, accounts in sorted(Counter(now.values()).items())]
    both = now.keys() & then.keys()
    risen = sum(now[one] > then[one] for one in both)
    fallen = sum(now[one] < then[one] for one in both)
    return RelationDistribution(counts, risen, fallen, sum(day < by for day in reviews.values()))
