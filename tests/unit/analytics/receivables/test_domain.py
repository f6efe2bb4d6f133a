"""Receivables as of a day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.days import DAY, Grain, Period
from services.analytics.instalments.domain import Deed
from services.analytics.receivables.domain import BEYOND, Bucket, Counted, due_days, gather, split_months

AS_OF = date(2024, 6, 30)
days = st.dates(date(2023, 9, 1), date(2025, 3, 1))
turns = st.tuples(days, st.integers(-2, 2)).map(lambda one: one[0].replace(day=1) + one[1] * DAY) | days


@given(st.integers(-400, 400))
def test_every_due_day_is_in_exactly_one_bucket_the_one_for_its_age(age):
    due = AS_OF - timedelta(days=age)
    found = [bucket for bucket in Bucket if due_days(bucket, AS_OF)[0] <= due <= due_days(bucket, AS_OF)[1]]
    assert found == [tuple(Bucket)[sum(age > limit for limit in BEYOND)]]


@pytest.mark.parametrize(
    ("age", "bucket"), [(0, "NOT_DUE"), (1, "DAYS_1_TO_30"), (30, "DAYS_1_TO_30"), (31, "DAYS_31_TO_60")]
)
def test_on_its_day_an_amount_is_not_past_due(age, bucket):
    first, last = due_days(Bucket(bucket), AS_OF)
    assert first <= AS_OF - timedelta(days=age) <= last


def test_rates_and_days_of_sales_follow_from_what_was_billed_and_paid():
    rows = [
        Counted("CNY", 0, False, False, Deed.BILLED, Decimal(400), 4),
        Counted("CNY", 1, True, True, Deed.BILLED, Decimal(200), 2),
        Counted("CNY", 1, True, True, Deed.PAID, Decimal(50), 0),
        Counted("CNY", 1, True, True, Deed.PAID_LATE, Decimal(50), 1),
    ]
    figures = gather(rows, [("CNY", Decimal(1000))])["CNY"]
    assert (figures.open.amount, figures.open.instalments) == (Decimal(500), 5)
    assert (figures.collection_rate, figures.on_time_rate) == (0.5, 0.25)
    assert (figures.due_instalments, figures.late_instalments) == (2, 2)
    assert figures.days_of_sales(figures.open.amount, 90) == 45
    assert figures.days_of_sales(figures.buckets[Bucket.NOT_DUE].amount, 90) == 36


def test_an_instalment_that_is_not_due_yet_is_not_late():
    figures = gather([Counted("CNY", 0, True, False, Deed.BILLED, Decimal(10), 1)], [])["CNY"]
    assert (figures.due_instalments, figures.late_instalments) == (1, 0)


def test_where_nothing_was_due_or_sold_there_are_no_rates():
    figures = gather([Counted("CNY", 0, False, False, Deed.BILLED, Decimal(1), 1)], [])["CNY"]
    assert (figures.collection_rate, figures.on_time_rate, figures.days_of_sales(Decimal(1), 90)) == (None, None, None)


def test_currencies_stand_apart():
    rows = [Counted(currency, 0, False, False, Deed.BILLED, Decimal(1), 1) for currency in ("USD", "CNY")]
    assert list(gather(rows, [("EUR", Decimal(1))])) == ["CNY", "EUR", "USD"]


@given(turns, turns, st.integers(1, 400), st.integers(-130, 130))
def test_a_month_in_which_no_limit_falls_is_as_its_first_day(as_of, start, length, later):
    within = Period(start, start + length * DAY)
    due = as_of + later * DAY
    month = Grain.MONTH.start(due)
    if not any(run.start <= due < run.end for run in split_months(as_of, within)):
        assert _place(month, as_of, within) == _place(due, as_of, within)


@given(days, days, st.integers(1, 400))
def test_runs_of_months_stand_apart_and_begin_and_end_with_months(as_of, start, length):
    runs = split_months(as_of, Period(start, start + length * DAY))
    bounds = [day for run in runs for day in (run.start, run.end)]
    assert bounds == sorted(set(bounds))
    assert all(Grain.MONTH.start(day) == day for day in bounds)


def _place(due, as_of, within):
    bucket = next(one for one in Bucket if due_days(one, as_of)[0] <= due <= due_days(one, as_of)[1])
    return bucket, within.start <= due < within.end, due <= as_of
