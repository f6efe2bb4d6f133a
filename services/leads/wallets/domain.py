"""What a customer spends in a category, and how much of it with us."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from services.kit.errors import Conflict, Invalid, Refused
from services.kit.money import Money

SHARE_PLACES = Decimal("0.000001")
QUARTER_MONTHS = 3


class ProductInAnotherCategory(Conflict):
    """A sale would count twice."""

    field = "product_codes"
    en = "{product} belongs to the category {category}"
    zh = "产品 {product} 已归入品类 {category}"


class UnknownCategory(Refused):
    """The category is not on the tenant's list, or out of use."""

    field = "category"
    en = "{code} is not among the categories in use"
    zh = "{code} 不在可用的品类之中"


class SpendNegative(Invalid):
    """Nobody spends less than nothing."""

    field = "amount"
    en = "a spend is not below zero"
    zh = "支出不能为负"


class SourceInFuture(Invalid):
    """The source is dated later than today."""

    field = "source_date"
    en = "the source is dated later than today"
    zh = "来源日期晚于今天"


@dataclass(frozen=True)
class Period:
    """A year or a quarter, both of its days included."""

    code: str
    start: date
    end: date

    @classmethod
    def named(cls, code: str) -> "Period":
        """The period of a code such as "2026" or "2026Q4"."""
        year, _, quarter = code.partition("Q")
        first = (int(quarter) - 1) * QUARTER_MONTHS + 1 if quarter else 1
        last = first + QUARTER_MONTHS - 1 if quarter else 12
        after = date(int(year) + last // 12, last % 12 + 1, 1)
        return cls(code, date(int(year), first, 1), after - timedelta(days=1))

    @property
    def before(self) -> str:
        """The code of the period of the same length that ends where this one begins."""
        day = self.start - timedelta(days=1)
        quarter = f"Q{(day.month - 1) // QUARTER_MONTHS + 1}" if "Q" in self.code else ""
        return f"{day.year}{quarter}"


@dataclass
class SpendCategory:
    """A category of what customers buy, and what of ours belongs to it."""

    code: str
    label: str
    active: bool = True
    product_codes: list[str] = field(default_factory=list)


@dataclass
class Spend:
    """What a customer was said to spend in a category and period, with us and with others."""

    id: UUID
    account_id: UUID
    category: str
    period: str
    start_date: date
    end_date: date
    previous_period: str
    amount: Money
    source: str
    source_date: date
    author_id: UUID
    create_time: datetime
    current: bool = True
    merged_from: UUID | None = None
    """The account under which it was recorded, where that was merged into `account_id`."""
    version: int = 1

    def must_make_sense(self, today: date) -> None:
        """Refused: SPEND_NEGATIVE, SOURCE_IN_FUTURE."""
        if self.amount.amount < 0:
            raise SpendNegative
        if self.source_date > today:
            raise SourceInFuture

    def told(self) -> "Spend":
        """What may be told of it beyond those who see it."""
        return replace(self, source="")


@dataclass
class Wallet:
    """How much of what a customer spends in a category and period is spent with us."""

    account_id: UUID
    category: str
    period: str
    id: UUID | None = None
    spend: Money | None = None
    sales: Money | None = None
    share: float | None = None
    previous_share: float | None = None
    change: float | None = None
    over_spend: bool = False


@dataclass
class AccountWallet:
    """A customer's wallet over all categories, in one currency."""

    account_id: UUID
    period: str
    wallets: list[Wallet]
    spend: Money
    sales: Money
    share: float | None
    uncategorised: Money


def share(sales: Decimal, spend: Decimal) -> float | None:
    """sales / spend (P4-14), to six places; None of a spend of nothing. Above 1 it is for people to see."""
    return float((sales / spend).quantize(SHARE_PLACES, ROUND_HALF_UP)) if spend else None


def whole(
    account_id: UUID, period: str, wallets: Iterable[Wallet], currency: str, uncategorised: Decimal
) -> AccountWallet:
    """All categories together: the share is that of what is known, each category by the weight of its spend."""
    shown = sorted(wallets, key=lambda one: one.category)
    known = [one for one in shown if one.spend is not None and one.sales is not None]
    spend = sum((one.spend.amount for one in known if one.spend), Decimal(0))
    sales = sum((one.sales.amount for one in known if one.sales), Decimal(0))
    return AccountWallet(
        account_id,
        period,
        shown,
        Money(spend, currency),
        Money(sales, currency),
        share(sales, spend),
        Money(uncategorised, currency),
    )
