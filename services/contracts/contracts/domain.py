"""A contract and its lines, and what may happen to them."""

from base64 import b32encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.contracts.instalments.domain import Instalment, Part, Trigger, must_add_up, must_be_payable, plan
from services.contracts.lines.domain import ContractLine, must_sum_to, total_of
from services.kit.errors import Invalid, Refused, Violated
from services.kit.money import Money


class Status(StrEnum):
    """Where a contract stands. SIGNED and CANCELLED are final."""

    DRAFT = "DRAFT"
    SIGNED = "SIGNED"
    CANCELLED = "CANCELLED"


class ContractNotDraft(Refused):
    """The contract was signed or cancelled already."""

    en = "the contract is {status} and can no longer be changed"
    zh = "合同已处于 {status} 状态，不能再修改"


class ContractAlreadyCancelled(Refused):
    """The contract was given up."""

    en = "the contract was cancelled"
    zh = "合同已取消"


class ContractNumberTaken(Refused):
    """Another contract of the tenant has that number."""

    field = "number"
    en = "another contract has the number {number}"
    zh = "合同编号 {number} 已被使用"


class ContractIdTaken(Refused):
    """The id that the caller gave belongs to a contract out of sight."""

    field = "id"
    en = "this id belongs to something else"
    zh = "该编号已被占用"


class DealNotWon(Refused):
    """A contract is written for a deal that the customer decided for."""

    field = "deal_id"
    en = "the deal is not won; only a won one gets a contract"
    zh = "商机尚未赢单，赢单后才能签订合同"


class DealHasContract(Refused):
    """The deal has a contract that was not cancelled."""

    field = "deal_id"
    en = "the deal has a contract already"
    zh = "该商机已有合同"


class AccountNotOfDeal(Invalid):
    """The request names another account than the deal does."""

    field = "account_id"
    en = "the deal is with another account"
    zh = "该商机属于另一个客户"


class SignDateInFuture(Invalid):
    """A contract cannot have been signed on a day that has not come."""

    field = "sign_date"
    en = "{day} has not come yet"
    zh = "{day} 尚未到来"


@dataclass
class Contract:
    """What was sold to an account, and for how much."""

    id: UUID
    number: str
    account_id: UUID
    amount: Money
    owner_id: UUID
    team_id: UUID | None
    create_time: datetime
    update_time: datetime
    deal_id: UUID | None = None
    title: str = ""
    status: Status = Status.DRAFT
    lines: list[ContractLine] = field(default_factory=list)
    sign_date: date | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    collaborators: list[UUID] = field(default_factory=list)
    merged_from: UUID | None = None
    """The account under which it was recorded, where that was merged into `account_id`."""
    version: int = 1

    def must_be_draft(self) -> None:
        """Refused: CONTRACT_NOT_DRAFT."""
        if self.status is not Status.DRAFT:
            raise ContractNotDraft(status=self.status)

    def cancel(self) -> None:
        """Give a draft up. Refused: CONTRACT_NOT_DRAFT."""
        self.must_be_draft()
        self.status = Status.CANCELLED

    def assign(self, owner_id: UUID, team_id: UUID | None) -> None:
        """Hand it to another owner. Refused: CONTRACT_ALREADY_CANCELLED."""
        if self.status is Status.CANCELLED:
            raise ContractAlreadyCancelled
        self.owner_id, self.team_id = owner_id, team_id


@dataclass(frozen=True, slots=True)
class Deal:
    """What is known of the deal that a contract is for."""

    id: UUID
    name: str
    won: bool
    account_id: UUID | None
    amount: Money | None
    merged_from: UUID | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a contract to write is to say; what it does not say is taken from the deal."""

    id: UUID
    number: str
    deal: Deal | None
    account_id: UUID | None
    title: str
    amount: Money | None
    lines: list[ContractLine]
    parts: tuple[Part, ...]
    owner_id: UUID
    team_id: UUID | None
    attributes: dict[str, str]
    create_time: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change of a draft; None and empty leave it as it is."""

    number: str | None = None
    title: str | None = None
    amount: Money | None = None
    lines: tuple[ContractLine, ...] = ()
    parts: tuple[Part, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Agreement:
    """A contract with its instalments: what has to add up."""

    contract: Contract
    instalments: list[Instalment]

    @property
    def id(self) -> UUID:
        """That of the contract."""
        return self.contract.id

    def must_add_up(self) -> None:
        """Refused: AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE, CURRENCY_DIFFERS, LINES_ or INSTALMENTS_DO_NOT_SUM."""
        amount = self.contract.amount
        must_be_payable(amount)
        must_sum_to(amount, self.contract.lines)
        must_add_up(amount, self.instalments)

    def revise(self, changes: Changes) -> None:
        """Change a draft. A single instalment follows the amount. Refused: CONTRACT_NOT_DRAFT, and as `must_add_up`."""
        contract = self.contract
        contract.must_be_draft()
        contract.number = changes.number or contract.number
        contract.title = contract.title if changes.title is None else changes.title
        contract.lines = list(changes.lines) or contract.lines
        contract.attributes = dict(changes.attributes) or contract.attributes
        contract.amount = changes.amount or total_of(changes.lines) or contract.amount
        parts: Iterable[Part] = changes.parts
        if not parts and len(self.instalments) == 1:
            only = self.instalments[0]
            parts = [Part(contract.amount, only.label, only.trigger, only.due_date)]
        if parts:
            self.instalments = plan(contract.id, contract.amount, parts)
        self.must_add_up()

    def sign(self, day: date, today: date) -> list[Instalment]:
        """Owe it from that day on; the instalments that fall due by this.

        Refused: CONTRACT_NOT_DRAFT, SIGN_DATE_IN_FUTURE.
        """
        self.contract.must_be_draft()
        if day > today:
            raise SignDateInFuture(day=day)
        self.contract.status, self.contract.sign_date = Status.SIGNED, day
        due = [one for one in self.instalments if one.trigger is Trigger.SIGN and one.due_date is None]
        for one in due:
            one.due_date = day
        return due


def agree(terms: Terms, now: datetime) -> Agreement:
    """The draft that these terms make.

    Refused: DEAL_NOT_WON, ACCOUNT_NOT_OF_DEAL, INVALID if neither terms nor deal name account and amount; and as
    `Agreement.must_add_up`.
    """
    deal = terms.deal
    if deal and not deal.won:
        raise DealNotWon
    if deal and terms.account_id not in (None, deal.account_id, deal.merged_from):
        raise AccountNotOfDeal
    account_id = deal.account_id if deal else terms.account_id
    amount = terms.amount or total_of(terms.lines) or (deal.amount if deal else None)
    if account_id is None:
        raise Violated(("account_id", "required where no deal names it", "未关联商机时必填"))
    if amount is None:
        raise Violated(("amount", "required where neither lines nor a deal say it", "缺少明细或商机金额时必填"))
    contract = Contract(
        id=terms.id,
        number=terms.number,
        account_id=account_id,
        amount=amount,
        owner_id=terms.owner_id,
        team_id=terms.team_id,
        create_time=terms.create_time,
        update_time=now,
        deal_id=deal.id if deal else None,
        merged_from=deal.merged_from if deal else None,
        title=terms.title or (deal.name if deal else ""),
        lines=terms.lines,
        attributes=terms.attributes,
    )
    agreement = Agreement(contract, plan(terms.id, amount, terms.parts))
    agreement.must_add_up()
    return agreement


def number_for(identity: UUID, day: date) -> str:
    """A number for a contract that was given none: the day, and so much of its id that no other shares it."""
    return f"C{day:%Y%m%d}-{b32encode(identity.bytes[-5:]).decode()}"
