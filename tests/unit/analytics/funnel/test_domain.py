"""A funnel as counted."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.days import Grain, Period
from services.analytics.deals.domain import FACTORS, State
from services.analytics.funnel.domain import Counted, Form, calendar_part, gather, shape, up_to_now

TODAY = date(2024, 5, 15)
KEPT = [*State, "WON_NEW", "LOST_NEW", *(f"RESTED_{n}" for n in range(len(FACTORS) + 1))]
counted = st.builds(
    Counted,
    process=st.just("B2B"),
    stage=st.sampled_from("ABC"),
    state=st.sampled_from(KEPT).map(str),
    currency=st.sampled_from(["CNY", "USD", ""]),
    deals=st.integers(0, 50),
    amount=st.decimals(0, 999, places=2),
)


@given(st.lists(counted), st.sampled_from(FACTORS))
def test_the_flow_adds_up_and_every_deal_is_in_one_state(rows, factor):
    funnel = gather(rows, "", factor)
    flow = funnel.flow
    assert flow.open_to == flow.open_from + flow.inflow - flow.won - flow.lost
    assert sum(heap.deals for states in funnel.states.values() for heap in states.values()) == sum(
        row.deals for row in rows
    )
    assert sum(heap.deals for heap in funnel.open.values()) == flow.open_to


@given(st.lists(counted))
def test_a_patient_eye_sees_fewer_deals_stalled(rows):
    def stalled(factor):
        states = gather(rows, "B2B", factor).states.values()
        return sum(found[State.STALLED].deals for found in states if State.STALLED in found)

    counts = [stalled(factor) for factor in FACTORS]
    assert counts == sorted(counts, reverse=True)


def test_the_process_with_the_most_deals_is_shown_and_the_others_are_named():
    rows = [Counted(name, "A", "INFLOW", "", n, Decimal(0)) for name, n in (("SMALL", 1), ("BIG", 2), ("NONE", 0))]
    assert (gather(rows, "", 1).process, gather(rows, "", 1).others) == ("BIG", ["SMALL"])
    assert (gather(rows, "SMALL", 1).process, gather(rows, "SMALL", 1).others) == ("SMALL", ["BIG"])
    assert gather([], "", 1).process == ""


def test_amounts_of_two_currencies_do_not_mix():
    rows = [Counted("B2B", "A", "NORMAL", c, 1, Decimal(5)) for c in ("CNY", "USD", "")]
    heap = gather(rows, "", 1).open["A"]
    assert (heap.deals, heap.amounts) == (3, {"CNY": Decimal(5), "USD": Decimal(5)})


@pytest.mark.parametrize(
    ("counts", "form", "bulge"),
    [
        ([], Form.EMPTY, ""),
        ([0, 0], Form.EMPTY, ""),
        ([5], Form.STANDARD, ""),
        ([9, 5, 5, 1], Form.STANDARD, ""),
        ([9, 5, 8, 1], Form.BULGING, "2"),
        ([1, 5, 8, 2], Form.BULGING, "1"),
        ([1, 2, 9], Form.INVERTED, "2"),
        ([9, 2, 9], Form.BULGING, "2"),
    ],
)
def test_a_stage_that_holds_more_than_the_one_before_bulges(counts, form, bulge):
    assert shape([(str(place), count) for place, count in enumerate(counts)]) == (form, bulge)


def test_calendar_periods_are_known_as_such_whole_or_so_far():
    may = Period(date(2024, 5, 1), date(2024, 6, 1))
    for grain, day in ((Grain.YEAR, date(2023, 1, 1)), (Grain.WEEK, date(2024, 4, 29))):
        whole = Period(day, grain.next(day))
        assert calendar_part(whole, TODAY) == (grain, whole)
    assert calendar_part(Period(may.start, TODAY + timedelta(days=1)), TODAY) == (Grain.MONTH, may)
    assert calendar_part(Period(may.start, TODAY), TODAY) is None, "of today something may be counted already"
    assert calendar_part(Period(date(2024, 4, 2), may.start), TODAY) is None


def test_days_to_come_are_cut_off_unless_all_of_the_period_is_to_come():
    assert up_to_now(Period(date(2024, 1, 1), date(2099, 1, 1)), TODAY).end == date(2024, 5, 16)
    future = Period(date(2024, 6, 1), date(2024, 7, 1))
    assert up_to_now(future, TODAY) == future
