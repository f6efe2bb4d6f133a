"""Instalments and their payments, and what they add to the sums."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.analytics.days import Grain
from services.analytics.instalments.domain import (
    Contract,
    Debt,
    Deed,
    Instalment,
    Payment,
    newer,
    with_payments,
)
from services.analytics.rollups.domain import put

SIGNED = date(2024, 1, 10)
CONTRACT = Contract(UUID(int=1), "HT-1", UUID(int=2), UUID(int=3), None, SIGNED, 1)
days = st.integers(0, 120).map(lambda n: SIGNED + timedelta(days=n))


def instalment(amount=100, due=SIGNED, version=1):
    return Instalment(UUID(int=4), CONTRACT.id, due, Decimal(amount), "CNY", version)


@st.composite
def debts(draw):
    """An instalment that is paid in parts, never beyond what is due."""
    amount = draw(st.integers(1, 100))
    paid: dict[date, Decimal] = {}
    left = amount
    for day in draw(st.lists(days, max_size=4)):
        part = draw(st.integers(0, left))
        left -= part
        paid[day] = paid.get(day, Decimal(0)) + part
    return Debt(instalment(amount, draw(days)), CONTRACT, {day: part for day, part in paid.items() if part})


@given(debts(), days)
def test_what_was_open_on_any_day_follows_from_the_sums(debt, day):
    amount = instalments = 0
    for (series, start, _, deed, _), (money, count) in debt.share().cells.items():
        if series == Grain.DAY and start <= day:
            sign = 1 if deed == Deed.BILLED else -1
            amount += sign * money
            instalments += sign * count
    left = debt.instalment.amount - sum(part for when, part in debt.paid.items() if when <= day)
    assert (amount, instalments) == (left, int(left > 0))


@given(debts())
def test_months_add_up_to_the_same_as_days(debt):
    by_day: dict[Any, Any] = {}
    by_month: dict[Any, Any] = {}
    for (series, start, due, deed, currency), sums in debt.share().cells.items():
        grain, _, by_due_month = series.partition("_")
        here = by_month if grain == "MONTH" else by_day
        put(here, (by_due_month, Grain.MONTH.start(start), due, deed, currency), sums)
    assert by_day == by_month


@given(debts())
def test_months_in_which_it_is_due_add_up_to_the_same_as_days(debt):
    by_day: dict[Any, Any] = {}
    by_month: dict[Any, Any] = {}
    for (series, start, due, deed, currency), sums in debt.share().cells.items():
        grain, _, by_due_month = series.partition("_")
        here = by_month if by_due_month else by_day
        put(here, (grain, start, Grain.MONTH.start(due), deed, currency), sums)
    assert by_day == by_month
    months = {cell[2] for cell in debt.share().cells if cell[0].endswith("_BY_DUE_MONTH")}
    assert months == {Grain.MONTH.start(debt.instalment.due_day)}


@given(debts())
def test_paid_on_time_is_what_was_paid_up_to_the_due_day(debt):
    on_time = sum(money for cell, (money, _) in debt.share().cells.items() if cell[0] == "DAY" and cell[3] == Deed.PAID)
    assert on_time == sum(part for day, part in debt.paid.items() if day <= debt.instalment.due_day)


@given(st.permutations(range(6)))
def test_payments_and_their_voids_leave_the_same_in_any_order(order):
    payments = [Payment(UUID(int=4), SIGNED + timedelta(days=n % 2), Decimal(n + 1)) for n in range(5)]
    payments.append(Payment(UUID(int=4), SIGNED, Decimal(-1)))
    one_by_one: dict[date, Decimal] = {}
    for n in order:
        one_by_one = with_payments(one_by_one, [payments[n]])
    assert one_by_one == with_payments({}, payments) == {SIGNED: Decimal(8), SIGNED + timedelta(days=1): Decimal(6)}


def test_nothing_is_owed_before_the_contract_is_known_to_be_signed():
    assert Debt(instalment(), None, {SIGNED: Decimal(5)}).share().cells == {}


def test_the_newer_version_stands_whichever_was_told_first():
    old, new = instalment(), instalment(version=2, due=SIGNED + timedelta(days=9))
    assert newer(old, new) == newer(new, old) == newer(None, new) == new
    assert newer(new, None) == new
    later = replace(CONTRACT, version=2)
    assert newer(CONTRACT, later) == newer(later, CONTRACT) == newer(None, later) == later
