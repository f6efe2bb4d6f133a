"""What cells may say, and what is made of it."""

from zoneinfo import ZoneInfo

import pytest

from gateway.imports.dates import DAY_FIRST, MONTH_FIRST, YEAR_FIRST, Evidence, Unreadable, day_reader, instant_reader
from gateway.imports.values import Fault, amount, choice, flag, number, whole

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("2026-01-31", "2026-01-31"),
        ("2026/1/31", "2026-01-31"),
        ("2026.1.31", "2026-01-31"),
        ("20260131", "2026-01-31"),
        ("2026年1月31日", "2026-01-31"),
        ("2026年1月31", "2026-01-31"),
        ("2026-01-31 23:59", "2026-01-31"),
    ],
)
def test_a_day_is_read_in_every_notation_that_begins_with_the_year(cell, meant):
    assert day_reader(YEAR_FIRST)(cell) == meant


def test_the_order_of_day_and_month_is_that_of_the_column():
    assert day_reader(MONTH_FIRST)("1/2/2013") == "2013-01-02"
    assert day_reader(DAY_FIRST)("1.2.2013") == "2013-02-01"


@pytest.mark.parametrize(
    "cell", ["2026-02-29", "31/31/2026", "yesterday", "2026-1", "2026-13-01", "1/2/13", "2026-1/3"]
)
def test_what_is_no_day_of_the_calendar_is_unreadable(cell):
    with pytest.raises(Unreadable):
        day_reader(MONTH_FIRST)(cell)


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("2026-01-31", "2026-01-30T16:00:00Z"),
        ("2026-01-31 08:00", "2026-01-31T00:00:00Z"),
        ("2026-01-31T08:00:30.123", "2026-01-31T00:00:30Z"),
        ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"),
        ("2026-01-31T08:00:00+02:00", "2026-01-31T06:00:00Z"),
        ("2026-01-31T08:00:00+0200", "2026-01-31T06:00:00Z"),
        ("1/31/2026 3:05 PM", "2026-01-31T07:05:00Z"),
        ("1/31/2026 12:05 am", "2026-01-30T16:05:00Z"),
        ("2026年1月31日 15时05分", "2026-01-31T07:05:00Z"),
    ],
)
def test_an_instant_stands_in_the_zone_of_the_mapping_unless_it_says_its_own(cell, meant):
    assert instant_reader(MONTH_FIRST, SHANGHAI)(cell) == meant


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["2026-01-31", ""], YEAR_FIRST),
        (["1/2/2026", "1/13/2026"], MONTH_FIRST),
        (["1/2/2026", "13/1/2026"], DAY_FIRST),
        (["1/2/2026", "3/4/2026"], None),
        (["13/1/2026", "1/13/2026"], None),
    ],
)
def test_a_column_reveals_the_order_of_day_and_month_or_leaves_it_open(cells, order):
    evidence = Evidence()
    for cell in cells:
        evidence.see(cell)
    assert evidence.order() == order


@pytest.mark.parametrize(
    ("cell", "currency", "meant"),
    [
        ("1,234.50", "CNY", ("1234.50", "CNY")),
        ("￥1,234.5", "", ("1234.5", "CNY")),
        ("¥ 12", "JPY", ("12", "JPY")),
        ("12.00元", "CNY", ("12.00", "CNY")),
        ("$-5", "USD", ("-5", "USD")),
        ("+3", "EUR", ("3", "EUR")),
        ("1000000", "CNY", ("1000000", "CNY")),
    ],
)
def test_an_amount_is_read_with_its_groups_and_its_symbol(cell, currency, meant):
    assert amount(cell, currency) == meant


@pytest.mark.parametrize(
    "cell", ["１２３", "1，234", "1,23", "12,34,567", "1e5", "NaN", "1.2.3", "", "- 5", "0x1", "十"]
)
def test_what_is_no_plain_number_is_refused_rather_than_guessed(cell):
    with pytest.raises(Fault):
        amount(cell, "CNY")


def test_full_width_digits_are_named_as_what_they_are():
    with pytest.raises(Fault, match="full-width") as refused:
        whole("１２")
    assert "全角" in refused.value.zh


def test_a_symbol_that_contradicts_the_currency_is_refused():
    with pytest.raises(Fault, match="is not USD"):
        amount("￥5", "USD")
    with pytest.raises(Fault, match="no currency"):
        amount("5", "")


def test_numbers_flags_and_choices():
    assert (whole("1,234"), whole("15.0"), number("0.5")) == (1234, 15, 0.5)
    with pytest.raises(Fault):
        whole("1.5")
    assert (flag("是"), flag("No"), flag("TRUE")) == (True, False, True)
    with pytest.raises(Fault):
        flag("maybe")
    assert choice(("WON", "LOST"))("won") == "WON"
    with pytest.raises(Fault, match="WON, LOST"):
        choice(("WON", "LOST"))("gone")
