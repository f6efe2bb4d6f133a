"""Receivables over gRPC, from events."""

from datetime import date

import pytest
from dealtrail.analytics.v1 import receivables_pb2 as pb

from services.kit.ids import new_id
from services.kit.testing import Refusal
from tests.integration.analytics.events import ContractStory

SIGNED = date(2024, 1, 10)
PARTS = [(date(2024, 1, 31), 100), (date(2024, 2, 29), 200), (None, 700)]


async def owed(analytics, who, as_of, **fields):
    return await analytics(who, "GetReceivables", pb.GetReceivablesRequest(as_of=as_of, **fields))


def buckets(figures):
    return [(one.instalments, one.amount.amount) for one in figures.buckets]


async def test_what_is_open_is_known_by_age_as_of_any_day(analytics, company):
    story = ContractStory(company.rep, SIGNED, PARTS).pay(date(2024, 2, 5), (0, 60)).pay(date(2024, 4, 1), (0, 40))
    await analytics.tell(company.tenant, story.events)
    zero = (0, "0.00")
    for day, expected in (
        ("2024-01-31", [(3, "1000.00"), zero, zero, zero, zero]),
        ("2024-02-01", [(2, "900.00"), (1, "100.00"), zero, zero, zero]),
        ("2024-02-05", [(2, "900.00"), (1, "40.00"), zero, zero, zero]),
        ("2024-03-02", [(1, "700.00"), (1, "200.00"), (1, "40.00"), zero, zero]),
        ("2024-04-01", [(1, "700.00"), zero, (1, "200.00"), zero, zero]),
        ("2024-06-30", [(1, "700.00"), zero, zero, zero, (1, "200.00")]),
    ):
        figures = (await owed(analytics, company.rep, day)).figures[0]
        assert buckets(figures) == expected, day
        assert figures.open_instalments == sum(count for count, _ in expected)
        for bucket in figures.buckets:
            assert len(await analytics.rows(company.rep, bucket.rows)) == bucket.instalments
        assert len(await analytics.rows(company.rep, figures.open_rows)) == figures.open_instalments
    assert not (await owed(analytics, company.rep, "2024-01-09")).figures


async def test_rates_speak_of_what_fell_due_in_the_period(analytics, company):
    story = ContractStory(company.rep, SIGNED, PARTS).pay(date(2024, 1, 20), (0, 100)).pay(date(2024, 3, 5), (1, 50))
    await analytics.tell(company.tenant, story.events)
    period = {"from": "2024-01-01", "to": "2024-04-01"}
    figures = (await owed(analytics, company.rep, "2024-03-31", **period)).figures[0]
    assert (figures.due.amount, figures.received.amount, figures.received_on_time.amount) == (
        "300.00",
        "150.00",
        "100.00",
    )
    assert (figures.collection_rate, figures.on_time_rate) == (0.5, pytest.approx(1 / 3))
    assert (figures.due_instalments, figures.late_instalments) == (2, 1)
    assert (figures.sales.amount, figures.open.amount) == ("1000.00", "850.00")
    assert figures.dso == pytest.approx(0.85 * 91)
    assert figures.best_possible_dso == pytest.approx(0.7 * 91)
    assert len(await analytics.rows(company.rep, figures.due_rows)) == 2
    before = (await owed(analytics, company.rep, "2024-02-15", **period)).figures[0]
    assert (before.received.amount, before.late_instalments) == ("100.00", 0)


async def test_a_voided_receipt_never_was_and_a_debt_counts_for_its_present_owner(analytics, company):
    receipt = new_id()
    story = ContractStory(company.rep, SIGNED, PARTS).pay(date(2024, 1, 20), (0, 100), (1, 10), receipt=receipt)
    story.void(date(2024, 5, 1), date(2024, 1, 20), (0, 100), (1, 10), receipt=receipt)
    story.assign(date(2024, 6, 1), company.other_rep)
    await analytics.tell(company.tenant, *([event] for event in reversed(story.events)))
    for who in (company.boss, company.other_rep, company.other_manager):
        figures = (await owed(analytics, who, "2024-02-10")).figures[0]
        assert (figures.open.amount, figures.open_instalments) == ("1000.00", 3)
    for who in (company.rep, company.manager, company.stranger):
        answer = await owed(analytics, who, "2024-02-10")
        assert all(figures.open_instalments == 0 and float(figures.open.amount) == 0 for figures in answer.figures)


async def test_currencies_stand_apart_and_rows_say_what_is_open(analytics, company):
    for currency in ("USD", "CNY"):
        story = ContractStory(company.rep, SIGNED, PARTS, currency).pay(date(2024, 2, 5), (0, 60))
        await analytics.tell(company.tenant, story.events)
    answer = await owed(analytics, company.rep, "2024-02-10")
    assert [figures.open.currency for figures in answer.figures] == ["CNY", "USD"]
    assert len(await analytics.rows(company.rep, answer.figures[1].open_rows)) == 3


async def test_a_day_that_is_none_is_refused(analytics, company):
    with pytest.raises(Refusal) as refused:
        await owed(analytics, company.rep, "2024-02-30")
    assert refused.value.reason == "INVALID"
