"""An instalment, and the plan that instalments make of a contract's amount."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid5

from services.kit.errors import Invalid, Violated
from services.kit.money import Money

NOTHING = Decimal("0.00")
MOST = Decimal("9999999999999.99")


class Trigger(StrEnum):
    """What makes an instalment fall due."""

    SIGN = "SIGN"
    DELIVER = "DELIVER"
    ACCEPT = "ACCEPT"
    WARRANTY = "WARRANTY"
    DATE = "DATE"


class AmountNotPositive(Invalid):
    """Money that is owed, or that came in, is more than nothing."""

    field = "amount"
    en = "the amount must be more than nothing, and is {amount}"
    zh = "金额必须大于零，当前为 {amount}"


class AmountTooLarge(Invalid):
    """More money than the books can hold."""

    field = "amount"
    en = "the amount {amount} is too large"
    zh = "金额 {amount} 过大"


class CurrencyDiffers(Invalid):
    """Amounts that belong together are in different currencies."""

    field = "amount"
    en = "{currency} and {other} do not mix"
    zh = "币种不一致：{currency} 与 {other}"


class InstalmentsDoNotSum(Invalid):
    """The instalments of a contract are more or less than its amount."""

    field = "instalments"
    en = "the instalments sum to {sum}, the contract is worth {amount}"
    zh = "分期合计 {sum} 与合同金额 {amount} 不相等"


@dataclass(frozen=True, slots=True)
class Part:
    """An instalment to plan."""

    amount: Money
    label: str = ""
    trigger: Trigger | None = None
    due_date: date | None = None


@dataclass
class Instalment:
    """A part of a contract's amount, and when it falls due."""

    id: UUID
    contract_id: UUID
    seq: int
    label: str
    trigger: Trigger
    due_date: date | None
    amount: Money
    paid: Money
    paid_date: date | None = None
    version: int = 1

    @property
    def open(self) -> Money:
        """How much is not paid yet."""
        return self.amount - self.paid


def plan(contract_id: UUID, amount: Money, parts: Iterable[Part]) -> list[Instalment]:
    """The instalments of a contract; all of the amount on signing if there are no parts.

    Refused: INVALID if one is due on a day and names none; see `must_add_up` for the rest.
    """
    planned = [
        Instalment(
            # Derived, so that a contract recorded again under its id has the same instalments.
            id=uuid5(contract_id, f"instalment/{seq}"),
            contract_id=contract_id,
            seq=seq,
            label=part.label,
            trigger=part.trigger or (Trigger.DATE if part.due_date else Trigger.SIGN),
            due_date=part.due_date,
            amount=part.amount,
            paid=Money(NOTHING, part.amount.currency),
        )
        for seq, part in enumerate(list(parts) or [Part(amount)], 1)
    ]
    for one in planned:
        if one.trigger is Trigger.DATE and one.due_date is None:
            field = f"instalments[{one.seq - 1}].dueDate"
            raise Violated((field, "an instalment that is due on a day must name it", "按日期到期的分期必须填写到期日"))
    return planned


def must_add_up(amount: Money, instalments: Iterable[Instalment]) -> None:
    """Refused: AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE, CURRENCY_DIFFERS, INSTALMENTS_DO_NOT_SUM."""
    total = Money(NOTHING, amount.currency)
    for one in instalments:
        must_be_payable(one.amount)
        must_be_in(amount.currency, one.amount)
        total += one.amount
    if total != amount:
        raise InstalmentsDoNotSum(sum=total, amount=amount)


def must_be_payable(money: Money) -> None:
    """Refused: AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE."""
    if money.amount <= 0:
        raise AmountNotPositive(amount=money)
    if money.amount > MOST:
        raise AmountTooLarge(amount=money)


def must_be_in(currency: str, money: Money) -> None:
    """Refused: CURRENCY_DIFFERS."""
    if money.currency != currency:
        raise CurrencyDiffers(currency=currency, other=money.currency)
