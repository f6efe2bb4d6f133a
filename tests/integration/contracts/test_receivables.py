"""What customers owe as of any day and how they pay, over gRPC on real PostgreSQL."""

import pytest
from dealtrail.contracts.v1 import receivables_pb2 as pb

from tests.integration.contracts.asking import fresh, refusal, yuan


def due(amount, day):
    return {"amount": yuan(amount), "due_date": day}


@pytest.fixture
async def contract(rep, account):
    """Worth 100, signed on 1 January 2024: 60 due on 31 January, 40 on 31 March."""
    return await rep.signed(account, "100.00", [due("60.00", "2024-01-31"), due("40.00", "2024-03-31")])


async def test_an_instalment_is_open_from_signing_until_the_day_on_which_it_is_paid(rep, contract):
    await rep.receive("100.00", "2024-02-10", contract_id=contract.id)
    assert await rep.aging("2023-12-31") == {}
    assert await rep.aging("2024-01-01") == {"NOT_DUE": (2, "100.00")}
    assert await rep.aging("2024-01-31") == {"NOT_DUE": (2, "100.00")}
    assert await rep.aging("2024-02-09") == {"NOT_DUE": (1, "40.00"), "DAYS_1_TO_30": (1, "60.00")}
    assert await rep.aging("2024-02-10") == {}


async def test_amounts_age_from_bucket_to_bucket(rep, contract):
    for day, expected in (
        ("2024-02-01", "DAYS_1_TO_30"),
        ("2024-03-01", "DAYS_1_TO_30"),
        ("2024-03-02", "DAYS_31_TO_60"),
        ("2024-03-31", "DAYS_31_TO_60"),
        ("2024-04-01", "DAYS_61_TO_90"),
        ("2024-04-30", "DAYS_61_TO_90"),
        ("2024-05-01", "DAYS_OVER_90"),
    ):
        assert (await rep.aging(day)).get(expected, ("", ""))[1] == "60.00", day


async def test_a_day_in_the_past_reads_the_same_after_later_payments_and_as_if_a_voided_one_never_came(
    rep, boss, contract
):
    receipt = await rep.receive("25.00", "2024-02-05", contract_id=contract.id)
    before = await rep.aging("2024-02-09")
    assert before["DAYS_1_TO_30"] == (1, "35.00")
    await rep.receive("75.00", "2024-02-10", contract_id=contract.id)
    assert await rep.aging("2024-02-09") == before
    await boss.void(receipt)
    assert (await rep.aging("2024-02-09"))["DAYS_1_TO_30"] == (1, "60.00")


async def test_every_number_of_the_ageing_opens_its_rows(rep, contract):
    await rep.receive("25.00", "2024-02-05", contract_id=contract.id)
    [row] = (await rep.receivables("2024-02-09", bucket="DAYS_1_TO_30")).receivables
    assert (row.open.amount, row.amount.amount, row.days_past_due) == ("35.00", "60.00", 9)
    assert (row.contract_id, row.contract_number, row.due_date) == (contract.id, contract.number, "2024-01-31")
    first = await rep.receivables("2024-02-09", page_size=1)
    second = await rep.receivables("2024-02-09", page_size=1, page_token=first.next_page_token)
    assert [one.open.amount for page in (first, second) for one in page.receivables] == ["35.00", "40.00"]
    assert not second.next_page_token
    other_day = rep.receivables("2024-02-10", page_size=1, page_token=first.next_page_token)
    assert await refusal(other_day) == "PAGE_TOKEN_INVALID"


async def test_what_has_no_due_date_is_not_due_and_comes_last(rep, account):
    waiting = {"amount": yuan("70.00"), "trigger": "WARRANTY"}
    await rep.signed(account, "100.00", [waiting, due("30.00", "2024-06-30")])
    assert await rep.aging("2030-01-01") == {"NOT_DUE": (1, "70.00"), "DAYS_OVER_90": (1, "30.00")}
    rows = (await rep.receivables("2030-01-01")).receivables
    assert [(one.due_date, one.days_past_due) for one in rows] == [("2024-06-30", 2011), ("", 0)]


async def test_each_currency_is_summed_apart_and_can_be_asked_for_alone(rep, account, contract):
    dollars = {"amount": "5.00", "currency": "USD"}
    await rep.signed(account, None, lines=[{"amount": dollars}])
    answer = await rep.ask("GetAging", pb.GetAgingRequest(as_of="2024-01-02"))
    totals = [(one.amount.currency, one.amount.amount, one.overdue.amount, one.overdue_ratio) for one in answer.totals]
    assert totals == [("CNY", "100.00", "0.00", "0.0000"), ("USD", "5.00", "5.00", "1.0000")]
    assert len(answer.buckets) == 10
    assert await rep.aging("2024-01-02", currency="USD") == {"DAYS_1_TO_30": (1, "5.00")}


async def test_numbers_count_only_what_the_caller_sees(rep, boss, other_rep, company, market, contract):
    await other_rep.signed(market.account(company.other_rep), "7.00", day="2024-01-05")
    assert await rep.aging("2024-01-05") == {"NOT_DUE": (2, "100.00")}
    assert await other_rep.aging("2024-01-05") == {"NOT_DUE": (1, "7.00")}
    assert await boss.aging("2024-01-05") == {"NOT_DUE": (3, "107.00")}
    theirs = {"owner_id": str(company.other_rep.user_id)}
    assert await boss.aging("2024-01-05", **theirs) == {"NOT_DUE": (1, "7.00")}
    assert await boss.aging("2024-01-05", account_id=contract.account_id) == {"NOT_DUE": (2, "100.00")}
    assert await boss.aging("2024-01-05", team_id=fresh()) == {}
    assert len((await other_rep.receivables("2024-01-05")).receivables) == 1
    measure = pb.GetCollectionRequest(start_date="2024-01-01", end_date="2024-12-31")
    [figures] = (await other_rep.ask("GetCollection", measure)).figures
    assert figures.due.amount == "7.00"
    sales = pb.GetDaysSalesOutstandingRequest(as_of="2024-01-05")
    [figures] = (await other_rep.ask("GetDaysSalesOutstanding", sales)).figures
    assert figures.sales.amount == "7.00"


async def test_how_much_of_what_fell_due_was_paid_and_how_much_of_it_on_time(rep, contract):
    await rep.receive("50.00", "2024-01-31", contract_id=contract.id)
    await rep.receive("20.00", "2024-02-10", contract_id=contract.id)
    request = pb.GetCollectionRequest(start_date="2024-01-01", end_date="2024-03-31")
    [one] = (await rep.ask("GetCollection", request)).figures
    assert (one.due.amount, one.received.amount, one.received_on_time.amount) == ("100.00", "70.00", "60.00")
    assert (one.collection_rate, one.on_time_rate) == ("0.7000", "0.6000")
    assert (one.instalments, one.late_instalments) == (2, 2)
    assert (one.mean_days_late, one.max_days_late) == ("10.00", 10)
    backwards = pb.GetCollectionRequest(start_date="2024-03-31", end_date="2024-01-01")
    assert await refusal(rep.ask("GetCollection", backwards)) == "PERIOD_BACKWARDS"


async def test_days_of_sales_outstanding_compare_what_is_open_with_what_was_sold(rep, contract):
    request = pb.GetDaysSalesOutstandingRequest(as_of="2024-02-09", days=60)
    [one] = (await rep.ask("GetDaysSalesOutstanding", request)).figures
    assert (one.receivable.amount, one.current.amount, one.sales.amount) == ("100.00", "40.00", "100.00")
    assert (one.dso, one.best_possible_dso) == ("60.0", "24.0")
    later = pb.GetDaysSalesOutstandingRequest(as_of="2025-01-01")
    [one] = (await rep.ask("GetDaysSalesOutstanding", later)).figures
    assert (one.sales.amount, one.dso) == ("0.00", "")
