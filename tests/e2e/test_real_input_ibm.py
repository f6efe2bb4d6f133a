"""2,466 invoices of IBM's sample as contracts of one instalment with their receipts: ageing and lateness as known."""

import asyncio

import pytest

from deploy.local.demo.api import Api
from tests.e2e.shared_data import file
from tests.people import until
from tests.stack import PASSWORD

USD = {"defaults": {"currency": "USD"}}
ACCOUNTS = {"columns": {"customerID": ["externalId", "name"], "countryCode": "region"}}
CONTRACTS = USD | {
    "columns": {
        "invoiceNumber": ["externalId", "number"],
        "customerID": "account.externalId",
        "InvoiceDate": "signDate",
        "DueDate": "instalments[0].dueDate",
        "InvoiceAmount": ["amount", "instalments[0].amount"],
        "Disputed": "attributes.disputed",
        "PaperlessBill": "attributes.bill",
    }
}
RECEIPTS = USD | {
    "columns": {
        "invoiceNumber": ["externalId", "contract.number", "bankReference"],
        "SettledDate": "receivedDate",
        "InvoiceAmount": "amount",
    }
}
AGEING = {
    "2012-12-31": ((99, "5725.06"), (86, "4936.32"), (13, "788.74")),
    "2013-06-30": ((84, "5119.85"), (72, "4284.29"), (12, "835.56")),
    "2013-09-30": ((88, "5029.22"), (81, "4563.74"), (7, "465.48")),
}


@pytest.fixture(scope="module")
async def boss(town, stack):
    """The boss of the company, once all its invoices and receipts are recorded."""
    path = file("ibm_accounts_receivable", "WA_Fn-UseC_-Accounts-Receivable.csv")
    company = await town.company("ibm")
    api = Api(stack.url, company.tenant, "boss", PASSWORD)

    async def loaded(kind, mapping):
        return await asyncio.to_thread(api.load, kind, path.name, path.read_text(), mapping)

    accounts = await loaded("accounts", ACCOUNTS)
    assert (accounts["created"], accounts["existed"]) == (100, 2366)
    assert (await loaded("contracts", CONTRACTS))["created"] == 2466
    assert (await loaded("receipts", RECEIPTS))["created"] == 2466
    return api


@pytest.mark.parametrize("day", AGEING)
async def test_ageing_is_that_of_the_data(boss, day):
    aging = boss("GET", "/v1/receivables/aging", asOf=day)
    [total] = aging["totals"]
    buckets = {one["bucket"]: (one["instalments"], one["amount"]["amount"]) for one in aging["buckets"]}
    assert ((total["instalments"], total["amount"]["amount"]), buckets["NOT_DUE"], buckets["DAYS_1_TO_30"]) == AGEING[
        day
    ]
    assert buckets["DAYS_31_TO_60"][0] == buckets["DAYS_61_TO_90"][0] == buckets["DAYS_OVER_90"][0] == 0


@pytest.mark.parametrize("day", AGEING)
async def test_analytics_tells_the_same_ageing_as_the_books(boss, day):
    async def counted():
        figures = boss("GET", "/v1/analytics/receivables", asOf=day)["figures"]
        [one] = figures or [{"openInstalments": 0}]
        return one if one["openInstalments"] == AGEING[day][0][0] else None

    figures = await until(counted, 120)
    buckets = {one["bucket"]: (one["instalments"], one["amount"]["amount"]) for one in figures["buckets"]}
    assert (buckets["NOT_DUE"], buckets["DAYS_1_TO_30"]) == AGEING[day][1:]


async def test_as_many_were_late_as_the_data_says(boss):
    collection = boss("GET", "/v1/receivables/collection", startDate="2012-01-01", endDate="2014-12-31")
    [figures] = collection["figures"]
    assert (figures["instalments"], figures["lateInstalments"], figures["maxDaysLate"]) == (2466, 877, 45)
    assert figures["meanDaysLate"] == "9.68"
    assert figures["due"]["amount"] == figures["received"]["amount"] == "147703.18"


async def test_the_number_of_an_invoice_keeps_its_leading_zeros(boss):
    [contract] = boss("GET", "/v1/contracts", q="0000611365")["contracts"]
    assert (contract["number"], contract["signDate"], contract["amount"]["amount"]) == (
        "0000611365",
        "2013-01-02",
        "55.94",
    )
    assert contract["attributes"] == {"disputed": "No", "bill": "Paper"}


async def test_the_same_file_again_changes_nothing(boss):
    path = file("ibm_accounts_receivable", "WA_Fn-UseC_-Accounts-Receivable.csv")
    rows = await asyncio.to_thread(boss.load, "receipts", path.name, path.read_text(), RECEIPTS)
    assert (rows["created"], rows["existed"]) == (0, 2466)
