"""A plan for a customer, and what the revenue that it expects is worth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Conflict, Invalid, Refused
from services.kit.money import CENT, Money
from services.leads.notices.domain import News

PRECISION = 50
RATE_PLACES = Decimal("0.0001")


class Status(StrEnum):
    """Where a plan stands."""

    DRAFT = "DRAFT"
    APPROVED = "APPROVED"
    CLOSED = "CLOSED"


class PlanOpen(Conflict):
    """The customer has a plan that is not closed."""

    field = "account_id"
    en = "the account has a plan that is not closed: {id}"
    zh = "该客户已有未关闭的运营计划：{id}"


class PlanNotDraft(Refused):
    """Only drafts are changed and approved."""

    en = "the plan is {status}, no draft"
    zh = "该计划不是草稿（{status}）"


class PlanNotApproved(Refused):
    """Only what was approved is taken up again."""

    en = "the plan is {status}, not approved"
    zh = "该计划未获批准（{status}）"


class PlanClosed(Refused):
    """The plan has ended."""

    en = "the plan is closed"
    zh = "该计划已关闭"


class PlanIncomplete(Refused):
    """The plan lacks something without which nobody can approve it."""

    en = "the plan has no {missing}"
    zh = "该计划缺少必填内容：{missing}"


class YearOutsidePlan(Invalid):
    """Revenue is expected of a year that the plan is not for."""

    field = "expected"
    en = "{year} lies outside the plan"
    zh = "{year} 年不在计划期内"


class YearTwice(Invalid):
    """Revenue is expected twice of one year."""

    field = "expected"
    en = "{year} is named twice"
    zh = "{year} 年重复"


class PlanCurrenciesDiffer(Invalid):
    """Revenues of two currencies have no sum."""

    field = "expected"
    en = "revenues are expected in more than one currency"
    zh = "预期收入的币种不一致"


class RevenueNegative(Invalid):
    """Less than nothing is expected."""

    field = "expected"
    en = "less than nothing is expected of {year}"
    zh = "{year} 年的预期收入为负"


class PlanApproved(News):
    """The plan that somebody drafted stands."""

    zh = "客户「{account}」的运营计划已获批准"
    en = "The plan of the account {account} was approved"


@dataclass(frozen=True)
class ExpectedRevenue:
    """What revenue is expected of a year."""

    year: int
    revenue: Money


@dataclass
class AccountPlan:
    """What we and a customer want of each other over some years."""

    id: UUID
    account_id: UUID
    first_year: int
    years: int
    strategy_fit: str
    joint_goals: str
    author_id: UUID
    create_time: datetime
    update_time: datetime
    expected: list[ExpectedRevenue] = field(default_factory=list)
    status: Status = Status.DRAFT
    approvals: int = 0
    close_reason: str = ""
    merged_from: UUID | None = None
    """The account under which it was recorded, where that was merged into `account_id`."""
    version: int = 1

    @property
    def currency(self) -> str:
        """The currency of what is expected; empty if nothing is."""
        return self.expected[0].revenue.currency if self.expected else ""

    def must_make_sense(self) -> None:
        """Refused: YEAR_OUTSIDE_PLAN, YEAR_TWICE, PLAN_CURRENCIES_DIFFER, REVENUE_NEGATIVE."""
        known: set[int] = set()
        for one in self.expected:
            if one.year not in self.calendar:
                raise YearOutsidePlan(year=one.year)
            if one.year in known:
                raise YearTwice(year=one.year)
            if one.revenue.currency != self.currency:
                raise PlanCurrenciesDiffer
            if one.revenue.amount < 0:
                raise RevenueNegative(year=one.year)
            known.add(one.year)
        self.expected.sort(key=lambda one: one.year)

    @property
    def calendar(self) -> range:
        """The years that the plan is for."""
        return range(self.first_year, self.first_year + self.years)

    def change(self, **given: object) -> None:
        """Set these fields of a draft. Refused: PLAN_NOT_DRAFT, and what makes no sense."""
        if self.status is not Status.DRAFT:
            raise PlanNotDraft(status=self.status)
        for name, value in given.items():
            setattr(self, name, value)
        self.must_make_sense()

    def approve(self, *, ours: bool, theirs: bool) -> None:
        """Let it stand; `ours` and `theirs` say whether a side has anything to do.

        Refused: PLAN_NOT_DRAFT, PLAN_INCOMPLETE.
        """
        if self.status is not Status.DRAFT:
            raise PlanNotDraft(status=self.status)
        there = {
            "strategy_fit": bool(self.strategy_fit),
            "joint_goals": bool(self.joint_goals),
            "expected": bool(self.expected),
            "actions of ours": ours,
            "actions of theirs": theirs,
        }
        if missing := [name for name, given in there.items() if not given]:
            raise PlanIncomplete(missing=", ".join(missing))
        self.status = Status.APPROVED
        self.approvals += 1

    def revise(self) -> None:
        """Take it up again. Refused: PLAN_NOT_APPROVED."""
        if self.status is not Status.APPROVED:
            raise PlanNotApproved(status=self.status)
        self.status = Status.DRAFT

    def close(self, reason: str) -> None:
        """End it. Refused: PLAN_CLOSED."""
        self.must_be_open()
        self.status, self.close_reason = Status.CLOSED, reason

    def must_be_open(self) -> None:
        """Refused: PLAN_CLOSED."""
        if self.status is Status.CLOSED:
            raise PlanClosed

    def told(self) -> "AccountPlan":
        """What may be told of it beyond those who see it."""
        return replace(self, strategy_fit="", joint_goals="", close_reason="")


@dataclass(frozen=True)
class AccountPlanVersion:
    """A plan as it was approved."""

    account_plan_id: UUID
    approval: int
    strategy_fit: str
    joint_goals: str
    expected: list[ExpectedRevenue]
    approver_id: UUID
    create_time: datetime
    years: int
    discount_rate: Decimal | None = None


@dataclass(frozen=True)
class DiscountRate:
    """By how much a revenue is worth less for each year that it comes later."""

    id: UUID
    rate: Decimal
    source: str
    author_id: UUID
    create_time: datetime


@dataclass(frozen=True)
class PlanYear:
    """What was expected of a year, and what came."""

    year: int
    expected: Money | None = None
    actual: Money | None = None
    attainment: float | None = None


@dataclass(frozen=True)
class PlanProgress:
    """How far actions are."""

    due: int
    done: int
    dropped: int
    rate: float | None = None


@dataclass(frozen=True)
class AccountPlanFigures:
    """What a plan is worth, and what came of it."""

    account_plan_id: UUID
    as_of: date
    by_year: list[PlanYear]
    progress: PlanProgress
    ours: PlanProgress
    theirs: PlanProgress
    expected: Money | None = None
    actual: Money | None = None
    net_present_value: Money | None = None
    discount_rate: Decimal | None = None


def net_present_value(revenues: Iterable[Decimal], rate: Decimal) -> Decimal:
    """The sum of R(t) / (1 + r)^t over t = 1, 2, …, to cents: each revenue is counted at the end of its year.

    Brealey, Myers, Allen, Principles of Corporate Finance, chapter 2; NPV() of spreadsheets reckons the same.
    """
    with localcontext(prec=PRECISION):
        worth = sum((revenue / (1 + rate) ** t for t, revenue in enumerate(revenues, 1)), Decimal(0))
        return worth.quantize(CENT, ROUND_HALF_UP)


def by_year(
    calendar: Iterable[int], expected: Iterable[ExpectedRevenue], actual: Mapping[int, Decimal], currency: str
) -> list[PlanYear]:
    """What was expected and what came, year by year; without a currency there is nothing to compare."""
    planned = {one.year: one.revenue.amount for one in expected}
    found = []
    for year in calendar:
        hoped, came = planned.get(year, Decimal(0)), actual.get(year, Decimal(0))
        attainment = float(came / hoped) if hoped else None
        if currency:
            found.append(PlanYear(year, Money(hoped, currency), Money(came, currency), attainment))
        else:
            found.append(PlanYear(year))
    return found
