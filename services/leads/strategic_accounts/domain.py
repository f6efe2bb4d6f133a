"""How customers are scored by the relation model, and what is decided of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid
from services.kit.money import Money
from services.leads.notices.domain import News
from services.leads.relation_levels.domain import ReviewInThePast


class Criterion(StrEnum):
    """What a customer is scored by."""

    RELATION_LEVEL = "RELATION_LEVEL"
    WALL = "WALL"
    QUINTILE = "QUINTILE"
    WALLET_SHARE = "WALLET_SHARE"
    FIT = "FIT"


class Decision(StrEnum):
    """What may be decided."""

    KEEP = "KEEP"
    RUN = "RUN"
    DROP = "DROP"


ENDS: Mapping[Criterion, tuple[float, float]] = {
    Criterion.RELATION_LEVEL: (1, 5),
    Criterion.WALL: (0, 1),
    Criterion.QUINTILE: (5, 1),
    Criterion.WALLET_SHARE: (0, 1),
    Criterion.FIT: (0, 5),
}
"""The worst and the best that a criterion can find, in its own unit."""


class CriterionTwice(Invalid):
    """A criterion counts twice."""

    field = "criteria"
    en = "{criterion} is named twice"
    zh = "{criterion} 重复"


class AccountKept(News):
    """A customer is dealt with as any."""

    zh = "客户「{account}」评审结论：保留"
    en = "The account {account} is kept"


class AccountMadeStrategic(News):
    """A customer is strategic from now on."""

    zh = "客户「{account}」评审结论：作为战略客户运营"
    en = "The account {account} is strategic and is run"


class AccountDropped(News):
    """A customer is let go."""

    zh = "客户「{account}」评审结论：放弃"
    en = "The account {account} is dropped"


class SelectionReviewDue(News):
    """What was decided is to be looked at again."""

    zh = "客户「{account}」的战略客户评审已到复核日期 {review_date}"
    en = "What was decided of the account {account} is to be looked at again since {review_date}"


NEWS: Mapping[Decision, type[News]] = {
    Decision.KEEP: AccountKept,
    Decision.RUN: AccountMadeStrategic,
    Decision.DROP: AccountDropped,
}


@dataclass(frozen=True)
class WeightedCriterion:
    """A criterion and its weight, 1 to 100."""

    criterion: Criterion
    weight: int


@dataclass(frozen=True)
class SelectionModel:
    """How customers are scored."""

    version: int
    criteria: list[WeightedCriterion]
    author_id: UUID | None = None
    create_time: datetime | None = None


_SHIPPED = {
    Criterion.RELATION_LEVEL: 30,
    Criterion.WALL: 20,
    Criterion.QUINTILE: 20,
    Criterion.WALLET_SHARE: 10,
    Criterion.FIT: 20,
}
PRESET = SelectionModel(0, [WeightedCriterion(criterion, weight) for criterion, weight in _SHIPPED.items()])
"""What ships: mostly what we are to the customer, then whom we know, what it is worth to us and whether we fit."""


@dataclass(frozen=True)
class SelectionFinding:
    """What a criterion found: in its own unit, and from 0 (worst) to 1 (best)."""

    criterion: Criterion
    weight: int
    value: float | None = None
    points: float | None = None


@dataclass(frozen=True)
class SelectionScore:
    """How a customer scores."""

    account_id: UUID
    model_version: int
    findings: list[SelectionFinding]
    score: float | None
    coverage: float


@dataclass
class Selection:
    """What was decided of a customer."""

    id: UUID
    account_id: UUID
    decision: Decision
    reason: str
    model_version: int
    review_date: date
    author_id: UUID
    create_time: datetime
    score: float | None = None
    findings: list[SelectionFinding] = field(default_factory=list)
    current: bool = True
    reminded: bool = False
    merged_from: UUID | None = None
    """The account under which it was recorded, where that was merged into `account_id`."""
    version: int = 1

    def must_make_sense(self, today: date) -> None:
        """Refused: REVIEW_IN_THE_PAST."""
        if self.review_date < today:
            raise ReviewInThePast

    def told(self) -> "Selection":
        """What may be told of it beyond those who see it."""
        return replace(self, reason="")


@dataclass(frozen=True)
class StrategicFigures:
    """How customers stand, and where revenue comes from."""

    kept: int
    run: int
    dropped: int
    undecided: int
    start_date: date
    end_date: date
    strategic_revenue: Money
    revenue: Money
    share: float | None


def must_differ(criteria: Iterable[WeightedCriterion]) -> None:
    """Refused: CRITERION_TWICE."""
    known: set[Criterion] = set()
    for one in criteria:
        if one.criterion in known:
            raise CriterionTwice(criterion=one.criterion)
        known.add(one.criterion)


def points(criterion: Criterion, value: float) -> float:
    """A value from 0 (worst) to 1 (best), evenly between the ends of its range."""
    worst, best = ENDS[criterion]
    return min(1.0, max(0.0, (value - worst) / (best - worst)))


def score(account_id: UUID, model: SelectionModel, known: Mapping[Criterion, float]) -> SelectionScore:
    """The mean of the points of what is known, by weight, times 100; None where nothing is."""
    findings = [
        SelectionFinding(one.criterion, one.weight, known[one.criterion], points(one.criterion, known[one.criterion]))
        if one.criterion in known
        else SelectionFinding(one.criterion, one.weight)
        for one in model.criteria
    ]
    weight = sum(one.weight for one in findings if one.points is not None)
    reached = sum(one.weight * one.points for one in findings if one.points is not None)
    whole = sum(one.weight for one in findings)
    found = round(100 * reached / weight, 1) if weight else None
    return SelectionScore(account_id, model.version, findings, found, weight / whole)
