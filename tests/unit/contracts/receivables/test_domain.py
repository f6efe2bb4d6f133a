"""Ageing and days of sales outstanding."""

from datetime import date
from decimal import Decimal

import pytest

from services.contracts.receivables.domain import (
    Aged,
    Bucket,
    PeriodBackwards,
    complete,
    outstanding,
    period,
    ratio,
    total,
    window,
)
from services.kit.money import Money

TODAY = date(2024, 6, 30)


def yuan(amount):
    return Money(Decimal(amount), "CNY")


AGED = complete(
    [
        Aged(Bucket.DAYS_OVER_90, 1, yuan("10.00")),
        Aged(Bucket.NOT_DUE, 2, yuan("30.00")),
        Aged(Bucket.DAYS_1_TO_30, 4, Money(Decimal("1.00"), "AUD")),
    ]
)


def test_each_currency_has_all_buckets_by_age():
    assert [one.bucket for one in AGED] == [*Bucket, *Bucket]
    assert [one.amount.currency for one in AGED] == ["AUD"] * 5 + ["CNY"] * 5
    assert complete([]) == []


def test_totals_tell_what_is_past_due_apart():
    aud, cny = total(AGED)
    assert (aud.instalments, aud.amount.amount, aud.overdue_ratio) == (4, Decimal("1.00"), "1.0000")
    assert (cny.instalments, cny.amount, cny.overdue_instalments) == (3, yuan("40.00"), 1)
    assert (cny.overdue, cny.overdue_ratio) == (yuan("10.00"), "0.2500")


def test_days_of_sales_compare_what_is_open_with_what_was_sold():
    aud, cny, usd = outstanding(AGED, {"CNY": Decimal("80.00"), "USD": Decimal("5.00")}, 90)
    assert (aud.dso, aud.sales.amount) == ("", Decimal("0.00"))
    assert (cny.dso, cny.best_possible_dso) == ("45.0", "33.8")
    assert (usd.receivable.amount, usd.dso) == (Decimal("0.00"), "0.0")


def test_a_share_is_rounded_half_up_and_of_nothing_there_is_none():
    assert ratio(Decimal(1), Decimal(3)) == "0.3333"
    assert ratio(Decimal("0.00005"), Decimal(1)) == "0.0001"
    assert ratio(Decimal(1), Decimal(0)) == ""


def test_a_period_is_this_year_up_to_today_unless_said_and_leaves_out_days_to_come():
    assert period(None, None, TODAY) == (date(2024, 1, 1), TODAY)
    assert period(date(2024, 6, 1), date(2024, 12, 31), TODAY) == (date(2024, 6, 1), TODAY)
    assert period(None, date(2023, 5, 5), TODAY) == (date(2023, 1, 1), date(2023, 5, 5))
    with pytest.raises(PeriodBackwards):
        period(date(2024, 7, 1), None, TODAY)


def test_a_window_ends_with_its_day():
    assert window(TODAY, 1) == TODAY
    assert window(TODAY, 30) == date(2024, 6, 1)
