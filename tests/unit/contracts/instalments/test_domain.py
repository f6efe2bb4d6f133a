"""The plan that instalments make of an amount."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.instalments.domain import (
    AmountNotPositive,
    AmountTooLarge,
    CurrencyDiffers,
    InstalmentsDoNotSum,
    Part,
    Trigger,
    must_add_up,
    must_be_payable,
    plan,
)
from services.kit.errors import Violated
from services.kit.money import Money

CENTS = st.lists(st.integers(1, 10**6), min_size=1, max_size=12)


def yuan(amount):
    return Money(Decimal(amount), "CNY")


@given(CENTS, st.integers(-3, 3))
def test_a_plan_adds_up_only_to_the_sum_of_its_parts(cents, off):
    parts = [Part(yuan(Decimal(one) / 100)) for one in cents]
    total = yuan(Decimal(sum(cents)) / 100)
    planned = plan(uuid4(), total, parts)
    assert [one.seq for one in planned] == list(range(1, len(cents) + 1))
    must_add_up(total, planned)
    if off:
        with pytest.raises(InstalmentsDoNotSum):
            must_add_up(total + yuan(Decimal(off) / 100), planned)


def test_a_contract_planned_again_has_the_same_instalments():
    identity = uuid4()
    first, again = (plan(identity, yuan("2.00"), [Part(yuan("1.00"))] * 2) for _ in range(2))
    assert [one.id for one in first] == [one.id for one in again]


def test_a_part_with_a_day_is_due_on_it_and_one_without_on_signing():
    dated, signed = plan(uuid4(), yuan("2.00"), [Part(yuan("1.00"), due_date=date(2024, 1, 1)), Part(yuan("1.00"))])
    assert (dated.trigger, signed.trigger) == (Trigger.DATE, Trigger.SIGN)
    with pytest.raises(Violated) as refused:
        plan(uuid4(), yuan("2.00"), [Part(yuan("1.00")), Part(yuan("1.00"), trigger=Trigger.DATE)])
    assert refused.value.violations()[0][0] == "instalments[1].dueDate"


def test_parts_in_another_currency_do_not_add_up():
    with pytest.raises(CurrencyDiffers):
        must_add_up(yuan("1.00"), plan(uuid4(), yuan("1.00"), [Part(Money(Decimal(1), "USD"))]))


def test_what_is_owed_is_more_than_nothing_and_no_more_than_the_books_hold():
    must_be_payable(yuan("0.01"))
    must_be_payable(yuan("9999999999999.99"))
    with pytest.raises(AmountNotPositive):
        must_be_payable(yuan("0.00"))
    with pytest.raises(AmountTooLarge):
        must_be_payable(yuan("10000000000000.00"))
