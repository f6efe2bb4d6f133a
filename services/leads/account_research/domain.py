"""What was found out of a customer, and how well our products fit what it needs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid

VITAL = 4
"""From this importance on a need that nothing serves is a gap."""
SERVED = 3
"""With this fit a product serves a need."""


class Kind(StrEnum):
    """What a note is about."""

    STRATEGY = "STRATEGY"
    MARKET = "MARKET"
    ORGANISATION = "ORGANISATION"
    FINANCE = "FINANCE"
    TECHNOLOGY = "TECHNOLOGY"


class FitCellTwice(Invalid):
    """A product is judged twice for one need."""

    field = "cells"
    en = "{product} is judged twice for one need"
    zh = "产品 {product} 对同一需求重复评分"


@dataclass
class ResearchNote:
    """Something that was found out of a customer."""

    id: UUID
    account_id: UUID
    kind: Kind
    text: str
    source: str
    source_date: date
    author_id: UUID
    create_time: datetime
    merged_from: UUID | None = None
    """The account under which it was recorded, where that was merged into `account_id`."""


@dataclass(frozen=True)
class FitCell:
    """How well one product fits one need, and how important that need is; both 0 to 5."""

    product_code: str
    need: str
    importance: int
    fit: int


@dataclass(frozen=True)
class ProductFit:
    """How well one product fits."""

    product_code: str
    score: float | None = None


@dataclass(frozen=True)
class FitMatrix:
    """How well our products fit what a customer needs."""

    account_id: UUID
    revision: int = 0
    cells: list[FitCell] = field(default_factory=list)
    score: float | None = None
    products: list[ProductFit] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    author_id: UUID | None = None
    create_time: datetime | None = None

    def told(self) -> "FitMatrix":
        """What may be told of it beyond those who see it: without what people typed."""
        return replace(self, cells=[], gaps=[])


def must_differ(cells: Iterable[FitCell]) -> None:
    """Refused: FIT_CELL_TWICE."""
    known: set[tuple[str, str]] = set()
    for one in cells:
        if (one.product_code, one.need) in known:
            raise FitCellTwice(product=one.product_code)
        known.add((one.product_code, one.need))


def fit_score(cells: Iterable[FitCell]) -> float | None:
    """The mean of the fits, weighted by importance, 0 to 5; None if nothing was judged or nothing matters."""
    items = list(cells)
    weight = sum(one.importance for one in items)
    return sum(one.importance * one.fit for one in items) / weight if weight else None


def matrix(
    account_id: UUID, revision: int, cells: Iterable[FitCell], author_id: UUID, create_time: datetime
) -> FitMatrix:
    """The cells in order, with what they amount to."""
    shown = sorted(cells, key=lambda one: (one.product_code, one.need))
    by_product: defaultdict[str, list[FitCell]] = defaultdict(list)
    by_need: defaultdict[str, list[FitCell]] = defaultdict(list)
    for one in shown:
        by_product[one.product_code].append(one)
        by_need[one.need].append(one)
    gaps = [
        need
        for need, judged in sorted(by_need.items())
        if max(one.importance for one in judged) >= VITAL and max(one.fit for one in judged) < SERVED
    ]
    products = [ProductFit(code, fit_score(judged)) for code, judged in by_product.items()]
    return FitMatrix(account_id, revision, shown, fit_score(shown), products, gaps, author_id, create_time)
