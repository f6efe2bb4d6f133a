"""Contracts and receipts for every twelfth won deal: paid in time, late, in part or not yet, the same every time."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from deploy.local.demo.api import Api
from deploy.local.demo.sales import CURRENCY
from deploy.local.demo.tables import table, written

EVERY = 12
TERMS = ((Decimal("0.3"), 10, "首付款"), (Decimal("0.6"), 40, "到货款"), (Decimal("0.1"), 130, "质保金"))
"""Share of the amount, days after signing, label; the last instalment takes what rounding leaves."""
HABITS = ((0, 0, 0), (0, 12, 5), (3, 35, 0), (0, 0, None), (8, None, None), (-2, 20, None), (None, None, None))
"""By how many days each instalment is paid after it is due; None: not paid within the year."""
LAST_DAY = date(2017, 12, 31)
CENT = Decimal("0.01")

CONTRACTS = {
    "columns": {
        "deal": ["externalId", "deal.externalId"],
        "number": "number",
        "signed": "signDate",
        **{
            f"{what} {index}": f"instalments[{index}].{field}"
            for index in range(3)
            for what, field in (("label", "label"), ("due", "dueDate"), ("amount", "amount"))
        },
    },
    "defaults": {"currency": CURRENCY},
}
RECEIPTS = {
    "columns": {
        "reference": ["externalId", "bankReference"],
        "contract": "contract.externalId",
        "received": "receivedDate",
        "amount": "amount",
    },
    "defaults": {"currency": CURRENCY},
}


def load(api: Api) -> None:
    """The contracts, then what was paid for them."""
    api.load("contracts", "contracts.csv", written(contracts()), CONTRACTS)
    api.load("receipts", "receipts.csv", written(receipts()), RECEIPTS)


def contracts() -> Iterator[dict[str, object]]:
    """The rows of the file of contracts."""
    for number, row in _sold():
        signed = date.fromisoformat(row["close_date"])
        shares = {
            f"{what} {index}": value
            for index, (due, amount, label) in enumerate(_instalments(row))
            for what, value in (("label", label), ("due", due), ("amount", amount))
        }
        yield {"deal": row["opportunity_id"], "number": f"HT-2017-{number:04d}", "signed": signed, **shares}


def receipts() -> Iterator[dict[str, object]]:
    """The rows of the file of receipts, by day."""
    found = []
    for number, row in _sold():
        habit = HABITS[number % len(HABITS)]
        for index, ((due, amount, _), days) in enumerate(zip(_instalments(row), habit, strict=True)):
            if days is None or (received := due + timedelta(days)) > LAST_DAY:
                continue
            paid = (amount / 2).quantize(CENT) if days > 30 else amount
            reference = f"BANK-{number:04d}-{index + 1}"
            found.append((received, reference, row["opportunity_id"], paid))
    for received, reference, deal, paid in sorted(found):
        yield {"reference": reference, "contract": deal, "received": received, "amount": paid}


def _sold() -> Iterator[tuple[int, dict[str, str]]]:
    won = [row for row in table("sales_pipeline") if row["deal_stage"] == "Won"]
    return enumerate(won[::EVERY], start=1)


def _instalments(row: dict[str, str]) -> list[tuple[date, Decimal, str]]:
    signed, amount = date.fromisoformat(row["close_date"]), Decimal(row["close_value"])
    parts = [(amount * share).quantize(CENT) for share, _, _ in TERMS]
    parts[-1] = amount - sum(parts[:-1])
    return [(signed + timedelta(days), part, label) for part, (_, days, label) in zip(parts, TERMS, strict=True)]
