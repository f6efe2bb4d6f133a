"""A receipt: money that came in, of which what is not allocated is kept as unapplied."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.contracts.allocations.domain import Payment, Purse, Wishes
from services.contracts.contracts.domain import Contract
from services.contracts.contracts.domain import Status as ContractStatus
from services.contracts.instalments.domain import NOTHING, must_be_in, must_be_payable
from services.kit.errors import Invalid, Refused
from services.kit.money import Money


class Status(StrEnum):
    """Where a receipt stands. VOIDED is final."""

    RECORDED = "RECORDED"
    VOIDED = "VOIDED"


class PayerMissing(Invalid):
    """Money came from somebody: a contract or an account must be named."""

    field = "contract_id"
    en = "name the contract or the account that paid"
    zh = "请填写合同或付款客户"


class UnknownContract(Invalid):
    """There is no such contract in the caller's sight."""

    field = "contract_id"
    en = "no such contract in your sight"
    zh = "找不到该合同"


class AccountNotOfContract(Invalid):
    """The request names another account than the contract does."""

    field = "account_id"
    en = "the contract is with another account"
    zh = "该合同属于另一个客户"


class ContractNotSigned(Refused):
    """Nothing is owed of a contract before it is signed."""

    field = "contract_id"
    en = "the contract is {status}; money is received for signed ones"
    zh = "合同当前为 {status}，签订后才能登记回款"


class ReceivedDateInFuture(Invalid):
    """Money cannot have come on a day that has not."""

    field = "received_date"
    en = "{day} has not come yet"
    zh = "{day} 尚未到来"


class BankReferenceKnown(Refused):
    """A receipt that stands has the same bank reference: this money is in the books already."""

    field = "bank_reference"
    en = "a receipt with the bank reference {bank_reference} is recorded already"
    zh = "流水号 {bank_reference} 的回款已登记"


class ReceiptIdTaken(Refused):
    """The id that the caller gave belongs to a receipt out of sight."""

    field = "id"
    en = "this id belongs to something else"
    zh = "该编号已被占用"


class ReceiptAlreadyVoided(Refused):
    """The receipt was voided: nothing can be done with it."""

    en = "the receipt was voided"
    zh = "该回款已作废"


class NothingToApply(Refused):
    """Nothing of the receipt is unapplied, or its payer owes nothing in its currency."""

    en = "nothing is unapplied, or nothing is open"
    zh = "没有可分配的余额或没有未结清的分期"


@dataclass(frozen=True, slots=True)
class Payer:
    """Who paid, and who looks after them."""

    account_id: UUID
    owner_id: UUID
    team_id: UUID | None
    collaborators: list[UUID]
    merged_from: UUID | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """Money to record. The payer is None where the contract says who paid."""

    id: UUID
    contract_id: UUID | None
    account_id: UUID | None
    payer: Payer | None
    amount: Money
    received_date: date
    bank_reference: str
    note: str
    wishes: Wishes
    oldest_due: bool


@dataclass
class Receipt:
    """Money that came in."""

    id: UUID
    account_id: UUID
    contract_id: UUID | None
    amount: Money
    unapplied: Money
    received_date: date
    owner_id: UUID
    team_id: UUID | None
    create_time: datetime
    update_time: datetime
    status: Status = Status.RECORDED
    bank_reference: str = ""
    note: str = ""
    void_reason: str = ""
    collaborators: list[UUID] = field(default_factory=list)
    merged_from: UUID | None = None
    """The account under which it was recorded, where that was merged into `account_id`."""
    version: int = 1

    def must_stand(self) -> None:
        """Refused: RECEIPT_ALREADY_VOIDED."""
        if self.status is Status.VOIDED:
            raise ReceiptAlreadyVoided

    def purse(self) -> Purse:
        """What is unapplied of it, to pay with."""
        return Purse(self.unapplied, self.received_date, self.account_id, self.contract_id)

    def take(self, payments: Iterable[Payment]) -> None:
        """Payments were made out of its purse."""
        for payment in payments:
            self.unapplied -= payment.amount

    def void(self, reason: str) -> None:
        """Say that it should not stand. Refused: RECEIPT_ALREADY_VOIDED."""
        self.must_stand()
        self.status, self.void_reason = Status.VOIDED, reason
        self.unapplied = Money(NOTHING, self.amount.currency)


def receive(incoming: Incoming, contract: Contract | None, today: date, now: datetime) -> Receipt:
    """The receipt of money that came in; nothing of it is allocated yet.

    Refused: AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE, RECEIVED_DATE_IN_FUTURE, UNKNOWN_CONTRACT, CONTRACT_NOT_SIGNED,
    ACCOUNT_NOT_OF_CONTRACT, CURRENCY_DIFFERS, PAYER_MISSING.
    """
    must_be_payable(incoming.amount)
    if incoming.received_date > today:
        raise ReceivedDateInFuture(day=incoming.received_date)
    payer = _payer_of(contract, incoming) if incoming.contract_id else incoming.payer
    if payer is None:
        raise PayerMissing
    return Receipt(
        id=incoming.id,
        account_id=payer.account_id,
        contract_id=incoming.contract_id,
        amount=incoming.amount,
        unapplied=incoming.amount,
        received_date=incoming.received_date,
        bank_reference=incoming.bank_reference,
        note=incoming.note,
        owner_id=payer.owner_id,
        team_id=payer.team_id,
        collaborators=payer.collaborators,
        merged_from=payer.merged_from,
        create_time=now,
        update_time=now,
    )


def _payer_of(contract: Contract | None, incoming: Incoming) -> Payer:
    if contract is None:
        raise UnknownContract
    if contract.status is not ContractStatus.SIGNED:
        raise ContractNotSigned(status=contract.status)
    if incoming.account_id not in (None, contract.account_id, contract.merged_from):
        raise AccountNotOfContract
    must_be_in(contract.amount.currency, incoming.amount)
    who = (contract.account_id, contract.owner_id, contract.team_id, contract.collaborators)
    return Payer(*who, merged_from=contract.merged_from)
