"""Who paid, and what may happen to a receipt."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from services.contracts.contracts.domain import Contract
from services.contracts.contracts.domain import Status as ContractStatus
from services.contracts.instalments.domain import AmountNotPositive, CurrencyDiffers
from services.contracts.receipts.domain import (
    AccountNotOfContract,
    ContractNotSigned,
    Incoming,
    Payer,
    PayerMissing,
    ReceiptAlreadyVoided,
    ReceivedDateInFuture,
    Status,
    UnknownContract,
    receive,
)
from services.kit.money import Money

NOW = datetime(2024, 1, 10, tzinfo=UTC)
TODAY = date(2024, 1, 10)


def yuan(amount):
    return Money(Decimal(amount), "CNY")


CONTRACT = Contract(
    uuid4(),
    "HT-1",
    uuid4(),
    yuan("9.00"),
    uuid4(),
    uuid4(),
    NOW,
    NOW,
    status=ContractStatus.SIGNED,
    collaborators=[uuid4()],
)
MONEY = Incoming(uuid4(), CONTRACT.id, None, None, yuan("5.00"), TODAY, "", "", (), True)


def test_money_for_a_contract_is_seen_with_it_and_unapplied_at_first():
    receipt = receive(MONEY, CONTRACT, TODAY, NOW)
    assert (receipt.account_id, receipt.owner_id, receipt.team_id) == (
        CONTRACT.account_id,
        CONTRACT.owner_id,
        CONTRACT.team_id,
    )
    assert (receipt.collaborators, receipt.unapplied) == (CONTRACT.collaborators, yuan("5.00"))


def test_money_of_an_account_is_seen_with_the_account():
    payer = Payer(uuid4(), uuid4(), None, [])
    receipt = receive(replace(MONEY, contract_id=None, account_id=payer.account_id, payer=payer), None, TODAY, NOW)
    assert (receipt.account_id, receipt.contract_id, receipt.owner_id) == (payer.account_id, None, payer.owner_id)


@pytest.mark.parametrize(
    ("money", "contract", "refusal"),
    [
        (replace(MONEY, amount=yuan("-5.00")), CONTRACT, AmountNotPositive),
        (replace(MONEY, received_date=date(2024, 1, 11)), CONTRACT, ReceivedDateInFuture),
        (MONEY, None, UnknownContract),
        (MONEY, replace(CONTRACT, status=ContractStatus.DRAFT), ContractNotSigned),
        (replace(MONEY, account_id=uuid4()), CONTRACT, AccountNotOfContract),
        (replace(MONEY, amount=Money(Decimal(1), "USD")), CONTRACT, CurrencyDiffers),
        (replace(MONEY, contract_id=None), None, PayerMissing),
    ],
)
def test_money_that_cannot_be_placed_is_refused(money, contract, refusal):
    with pytest.raises(refusal):
        receive(money, contract, TODAY, NOW)


def test_a_voided_receipt_holds_nothing_and_stays_voided():
    receipt = receive(MONEY, CONTRACT, TODAY, NOW)
    receipt.void("重复")
    assert (receipt.status, receipt.unapplied, receipt.amount) == (Status.VOIDED, yuan("0.00"), yuan("5.00"))
    with pytest.raises(ReceiptAlreadyVoided):
        receipt.void("重复")
