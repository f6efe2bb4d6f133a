"""IBM's accounts receivable sample, whole: its ageing and its late payments come out as its SOURCE.md says."""

import csv
import os
from datetime import date
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from dealtrail.contracts.v1 import contracts_pb2, receipts_pb2, receivables_pb2
from dealtrail.type.v1.batch_pb2 import ItemResult
from dealtrail.type.v1.money_pb2 import Money

from tests.integration.contracts.asking import Desk
from tests.integration.contracts.conftest import Company

SHARED = Path(os.environ.get("DEALTRAIL_SHARED", Path(__file__).resolve().parents[4] / "shared"))
FILE = SHARED / "data/ibm_accounts_receivable/WA_Fn-UseC_-Accounts-Receivable.csv"
SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"the sample is not at {FILE}; set DEALTRAIL_SHARED")


def _day(text):
    month, day, year = map(int, text.split("/"))
    return date(year, month, day).isoformat()


def _dollars(text):
    return Money(amount=text, currency="USD")


def _contract(row, accounts):
    due = contracts_pb2.PlannedInstalment(amount=_dollars(row["InvoiceAmount"]), due_date=_day(row["DueDate"]))
    return contracts_pb2.CreateContractRequest(
        id=str(uuid5(SPACE, row["invoiceNumber"])),
        number=row["invoiceNumber"],
        account_id=accounts[row["customerID"]],
        amount=_dollars(row["InvoiceAmount"]),
        sign_date=_day(row["InvoiceDate"]),
        instalments=[due],
    )


def _receipt(row):
    return receipts_pb2.RecordReceiptRequest(
        id=str(uuid5(SPACE, "paid " + row["invoiceNumber"])),
        contract_id=str(uuid5(SPACE, row["invoiceNumber"])),
        amount=_dollars(row["InvoiceAmount"]),
        received_date=_day(row["SettledDate"]),
        bank_reference=row["invoiceNumber"],
    )


async def _load(boss, method, batch, field, items):
    for start in range(0, len(items), 1000):
        answer = await boss.ask(method, batch(**{field: items[start : start + 1000]}))
        assert {one.outcome for one in answer.results} == {ItemResult.CREATED}


@pytest.fixture(scope="module")
async def boss(house):
    """The boss of a company whose invoices are those of the sample."""
    company = Company()
    house.employ(company)
    with FILE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    accounts = {customer: house.market.account(company.boss) for customer in {row["customerID"] for row in rows}}
    desk = Desk(house.call, company.boss)
    contracts = [_contract(row, accounts) for row in rows]
    await _load(desk, "BatchCreateContracts", contracts_pb2.BatchCreateContractsRequest, "contracts", contracts)
    receipts = [_receipt(row) for row in rows]
    await _load(desk, "BatchRecordReceipts", receipts_pb2.BatchRecordReceiptsRequest, "receipts", receipts)
    return desk


@pytest.mark.parametrize(
    ("day", "not_due", "late"),
    [
        ("2012-12-31", (86, "4936.32"), (13, "788.74")),
        ("2013-06-30", (72, "4284.29"), (12, "835.56")),
        ("2013-09-30", (81, "4563.74"), (7, "465.48")),
    ],
)
async def test_the_ageing_of_the_sample_is_that_of_its_facts(boss, day, not_due, late):
    assert await boss.aging(day) == {"NOT_DUE": not_due, "DAYS_1_TO_30": late}


async def test_the_late_payments_of_the_sample_are_those_of_its_facts(boss):
    request = receivables_pb2.GetCollectionRequest(start_date="2012-01-01", end_date="2014-12-31")
    [one] = (await boss.ask("GetCollection", request)).figures
    assert (one.instalments, one.late_instalments) == (2466, 877)
    assert (one.mean_days_late, one.max_days_late) == ("9.68", 45)
    assert (one.due.amount, one.collection_rate) == ("147703.18", "1.0000")


async def test_the_books_of_the_sample_agree_with_its_journal(boss):
    assert not await boss.discrepancies()
    assert await boss.aging("2015-01-01") == {}
