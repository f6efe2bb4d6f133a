"""How money is spread over what is owed."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.allocations.domain import (
    AllocationsExceedReceipt,
    Debts,
    OverAllocated,
    Owed,
    Purse,
    UnknownInstalment,
)
from services.contracts.instalments.domain import CurrencyDiffers, Instalment, Trigger
from services.kit.money import Money

ACCOUNT, CONTRACT = uuid4(), uuid4()
SIGNED = date(2024, 1, 10)
CENTS = st.integers(1, 10**6)


def yuan(amount):
    return Money(Decimal(amount).quantize(Decimal("0.01")), "CNY")


def owed(amount, due=None, seq=1, account=ACCOUNT, contract=CONTRACT, currency="CNY"):
    money, nothing = Money(Decimal(amount), currency), Money(Decimal("0.00"), currency)
    instalment = Instalment(uuid4(), contract, seq, "", Trigger.DATE, due, money, nothing)
    return Owed(instalment, account, None, SIGNED, uuid4(), None, [])


def purse(amount, contract=CONTRACT, day=date(2024, 2, 1)):
    return Purse(yuan(amount), day, ACCOUNT, contract)


@given(st.lists(st.tuples(CENTS, st.integers(0, 40)), max_size=8), CENTS)
def test_oldest_first_pays_as_far_as_the_money_goes_and_never_more_than_is_due(debts, cents):
    items = [
        owed(Decimal(amount) / 100, SIGNED + timedelta(days=due) if due else None, seq)
        for seq, (amount, due) in enumerate(debts)
    ]
    payments = purse(Decimal(cents) / 100).pay_oldest(Debts(items))
    paid = sum(one.amount.amount for one in payments)
    assert paid == Decimal(min(cents, sum(amount for amount, _ in debts))) / 100
    assert all(0 <= one.instalment.paid.amount <= one.instalment.amount.amount for one in items)
    assert all(not one.owed.instalment.open.amount for one in payments[:-1])
    ages = [one.owed.instalment.due_date or date.max for one in payments]
    assert ages == sorted(ages)


def test_money_of_an_account_pays_all_its_contracts_and_money_for_a_contract_only_that():
    mine, other, foreign = owed("5.00"), owed("5.00", contract=uuid4()), owed("5.00", account=uuid4(), contract=uuid4())
    debts = Debts([mine, other, foreign])
    assert [one.owed for one in purse("20.00").pay_oldest(debts)] == [mine]
    assert [one.owed for one in purse("20.00", contract=None).pay_oldest(debts)] == [other]


def test_another_currency_is_left_alone_or_refused():
    dollars = owed("5.00", currency="USD")
    assert purse("5.00").pay_oldest(Debts([dollars])) == []
    with pytest.raises(CurrencyDiffers):
        purse("5.00").pay_as_told([(dollars.id, yuan("5.00"))], Debts([dollars]))


def test_money_that_came_before_signing_counts_from_the_signing():
    [early] = purse("1.00", day=date(2024, 1, 1)).pay_oldest(Debts([owed("1.00")]))
    [late] = purse("1.00", day=date(2024, 3, 1)).pay_oldest(Debts([owed("1.00")]))
    assert (early.effective_date, late.effective_date) == (SIGNED, date(2024, 3, 1))


def test_what_is_told_is_paid_whole_or_not_at_all():
    first, second = owed("5.00"), owed("5.00", seq=2)
    debts = Debts([first, second])
    for wishes, refusal in (
        ([(first.id, yuan("4.00")), (second.id, yuan("5.01"))], OverAllocated),
        ([(first.id, yuan("3.00")), (first.id, yuan("3.00"))], OverAllocated),
        ([(first.id, yuan("5.00")), (second.id, yuan("5.00"))], AllocationsExceedReceipt),
        ([(first.id, yuan("1.00")), (uuid4(), yuan("1.00"))], UnknownInstalment),
    ):
        with pytest.raises(refusal):
            purse("9.99").pay_as_told(wishes, debts)
        assert (first.instalment.paid, second.instalment.paid) == (yuan("0.00"), yuan("0.00"))
    payments = purse("10.00").pay_as_told([(second.id, yuan("2.00")), (second.id, yuan("1.50"))], debts)
    assert [(one.owed, one.amount) for one in payments] == [(second, yuan("3.50"))]
