"""What is owed, and how money that came in is spread over it: never beyond what is due."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.contracts.instalments.domain import NOTHING, Instalment, must_be_in, must_be_payable
from services.kit.errors import Invalid, Refused
from services.kit.money import Money

Wishes = Sequence[tuple[UUID, Money]]
"""How much to pay of which instalments."""


class UnknownInstalment(Invalid):
    """The payer owes no such instalment, as far as the caller sees."""

    field = "allocations"
    en = "the payer owes no instalment {instalment_id}"
    zh = "该付款方没有分期 {instalment_id}"


class OverAllocated(Refused):
    """More is allocated to an instalment than is open of it."""

    field = "allocations"
    en = "of the instalment {instalment_id} only {open} is open"
    zh = "分期 {instalment_id} 仅剩 {open} 未回款"


class AllocationsExceedReceipt(Invalid):
    """More is allocated than came in, or than is unapplied of it."""

    field = "allocations"
    en = "the allocations exceed what is unapplied, {unapplied}"
    zh = "分配金额超过未分配余额 {unapplied}"


@dataclass
class Owed:
    """An instalment of a signed contract, and who owes it to whom."""

    instalment: Instalment
    account_id: UUID
    deal_id: UUID | None
    sign_date: date
    owner_id: UUID
    team_id: UUID | None
    collaborators: list[UUID]
    merged_from: UUID | None = None

    @property
    def id(self) -> UUID:
        """That of the instalment."""
        return self.instalment.id

    @property
    def version(self) -> int:
        """That of the instalment."""
        return self.instalment.version

    def take_back(self, allocation: "Allocation") -> "Payment":
        """What an allocation paid of it is open again; the payment that it was."""
        self.instalment.paid -= allocation.amount
        self.instalment.paid_date = None
        self.instalment.version += 1
        return Payment(self, allocation.amount, allocation.effective_date)


@dataclass(frozen=True, slots=True)
class Payment:
    """What a receipt pays of an instalment, and from which day that counts."""

    owed: Owed
    amount: Money
    effective_date: date


@dataclass
class Allocation:
    """The part of a receipt that pays an instalment."""

    instalment_id: UUID
    contract_id: UUID
    amount: Money
    effective_date: date


class Debts:
    """Instalments that are owed: by id, and by who owes them, what fell due first first."""

    def __init__(self, owed: Iterable[Owed]) -> None:
        self.by_id: dict[UUID, Owed] = {}
        self._of_contract: dict[UUID, list[Owed]] = {}
        self._of_account: dict[UUID, list[Owed]] = {}
        for one in sorted(owed, key=_by_age):
            self.by_id[one.id] = one
            self._of_contract.setdefault(one.instalment.contract_id, []).append(one)
            self._of_account.setdefault(one.account_id, []).append(one)

    def of(self, account_id: UUID, contract_id: UUID | None) -> list[Owed]:
        """Those of the contract, else of the account."""
        if contract_id:
            return self._of_contract.get(contract_id, [])
        return self._of_account.get(account_id, [])


@dataclass(frozen=True, slots=True)
class Purse:
    """Money to allocate: how much is left, when it came, and whose instalments it may pay."""

    left: Money
    received_date: date
    account_id: UUID
    contract_id: UUID | None

    def pay_as_told(self, wishes: Wishes, debts: Debts) -> list[Payment]:
        """Pay so much of each of these instalments, all of it or nothing.

        Refused: AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE, CURRENCY_DIFFERS, UNKNOWN_INSTALMENT, OVER_ALLOCATED,
        ALLOCATIONS_EXCEED_RECEIPT.
        """
        told: dict[UUID, Money] = {}
        for identity, money in wishes:
            must_be_payable(money)
            must_be_in(self.left.currency, money)
            told[identity] = told.get(identity, Money(NOTHING, money.currency)) + money
        for identity, money in told.items():
            one = debts.by_id.get(identity)
            if one is None or not self._may_pay(one):
                raise UnknownInstalment(instalment_id=identity)
            must_be_in(self.left.currency, one.instalment.amount)
            if one.instalment.open < money:
                raise OverAllocated(instalment_id=identity, open=one.instalment.open)
        if self.left.amount < sum(money.amount for money in told.values()):
            raise AllocationsExceedReceipt(unapplied=self.left)
        return [self._pay(debts.by_id[identity], money) for identity, money in told.items()]

    def pay_oldest(self, debts: Debts) -> list[Payment]:
        """Pay what is owed in this currency, what fell due first first, as far as the money goes."""
        left, payments = self.left, []
        for one in debts.of(self.account_id, self.contract_id):
            if left.amount and one.instalment.amount.currency == left.currency:
                money = min(left, one.instalment.open, key=lambda money: money.amount)
                if money.amount:
                    payments.append(self._pay(one, money))
                    left -= money
        return payments

    def _may_pay(self, owed: Owed) -> bool:
        # Money for a contract pays that contract, money of an account any contract of the account.
        if self.contract_id:
            return owed.instalment.contract_id == self.contract_id
        return owed.account_id == self.account_id

    def _pay(self, owed: Owed, money: Money) -> Payment:
        owed.instalment.paid += money
        owed.instalment.version += 1
        return Payment(owed, money, max(self.received_date, owed.sign_date))


def _by_age(owed: Owed) -> tuple[date, date, int, UUID]:
    one = owed.instalment
    return (one.due_date or date.max, owed.sign_date, one.seq, one.id)
