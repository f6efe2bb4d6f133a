"""What may happen to a contract."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from services.contracts.contracts.domain import (
    AccountNotOfDeal,
    Changes,
    ContractAlreadyCancelled,
    ContractNotDraft,
    Deal,
    DealNotWon,
    SignDateInFuture,
    Status,
    Terms,
    agree,
    number_for,
)
from services.contracts.instalments.domain import AmountNotPositive, InstalmentsDoNotSum, Part, Trigger
from services.contracts.lines.domain import LineTerms, price
from services.kit.errors import Violated
from services.kit.money import Money

NOW = datetime(2024, 1, 1, tzinfo=UTC)
TODAY = date(2024, 1, 1)


def yuan(amount):
    return Money(Decimal(amount), "CNY")


def lines(*amounts):
    return price([LineTerms(amount=yuan(one)) for one in amounts], {}, discontinued=False)


def parts(*amounts):
    return tuple(Part(yuan(one)) for one in amounts)


TERMS = Terms(
    id=uuid4(),
    number="HT-1",
    deal=None,
    account_id=uuid4(),
    title="",
    amount=yuan("90.00"),
    lines=[],
    parts=(),
    owner_id=uuid4(),
    team_id=None,
    attributes={},
    create_time=NOW,
)
DEAL = Deal(uuid4(), "一号线", won=True, account_id=uuid4(), amount=yuan("70.00"))


def draft(**terms):
    return agree(replace(TERMS, **terms), NOW)


def test_what_the_terms_do_not_say_the_deal_says():
    contract = draft(deal=DEAL, account_id=None, amount=None).contract
    assert (contract.account_id, contract.title, contract.amount) == (DEAL.account_id, "一号线", yuan("70.00"))
    contract = draft(deal=DEAL, account_id=None, amount=None, lines=lines("5.00"), title="补充").contract
    assert (contract.title, contract.amount) == ("补充", yuan("5.00"))


def test_a_contract_needs_a_won_deal_or_an_account_and_an_amount():
    with pytest.raises(DealNotWon):
        draft(deal=replace(DEAL, won=False))
    with pytest.raises(AccountNotOfDeal):
        draft(deal=DEAL)
    for missing in ({"account_id": None}, {"amount": None}):
        with pytest.raises(Violated) as refused:
            draft(**missing)
        assert [field for field, _ in refused.value.violations()] == list(missing)


def test_a_draft_that_does_not_add_up_is_refused():
    with pytest.raises(AmountNotPositive):
        draft(amount=yuan("0.00"))
    with pytest.raises(InstalmentsDoNotSum):
        draft(parts=parts("30.00", "30.00"))


def test_a_single_instalment_follows_the_amount_and_several_do_not():
    agreement = draft()
    agreement.revise(Changes(amount=yuan("100.00")))
    assert [one.amount for one in agreement.instalments] == [yuan("100.00")]
    agreement.revise(Changes(parts=parts("40.00", "60.00")))
    with pytest.raises(InstalmentsDoNotSum):
        agreement.revise(Changes(amount=yuan("90.00")))


def test_an_amount_that_is_not_given_follows_new_lines():
    agreement = draft()
    agreement.revise(Changes(lines=tuple(lines("20.00", "30.00")), title="新"))
    assert (agreement.contract.amount, agreement.contract.title) == (yuan("50.00"), "新")
    assert (agreement.contract.number, len(agreement.contract.lines)) == ("HT-1", 2)


def test_signing_makes_due_what_waits_for_it_and_nothing_else():
    dated, waiting = Part(yuan("30.00"), due_date=date(2024, 3, 1)), Part(yuan("30.00"), trigger=Trigger.ACCEPT)
    agreement = draft(parts=(Part(yuan("30.00")), dated, waiting))
    due = agreement.sign(date(2023, 12, 31), TODAY)
    assert [one.seq for one in due] == [1]
    assert [one.due_date for one in agreement.instalments] == [date(2023, 12, 31), date(2024, 3, 1), None]
    assert agreement.contract.status is Status.SIGNED


def test_nothing_is_signed_on_a_day_to_come():
    with pytest.raises(SignDateInFuture):
        draft().sign(date(2024, 1, 2), TODAY)


def test_signed_and_cancelled_are_final():
    signed, cancelled = draft(), draft()
    signed.sign(TODAY, TODAY)
    cancelled.contract.cancel()
    for agreement in (signed, cancelled):
        for forbidden in (
            lambda one: one.sign(TODAY, TODAY),
            lambda one: one.revise(Changes(title="x")),
            lambda one: one.contract.cancel(),
        ):
            with pytest.raises(ContractNotDraft):
                forbidden(agreement)
    signed.contract.assign(uuid4(), None)
    with pytest.raises(ContractAlreadyCancelled):
        cancelled.contract.assign(uuid4(), None)


def test_a_number_says_the_day_and_differs_from_contract_to_contract():
    first, second = number_for(uuid4(), TODAY), number_for(uuid4(), TODAY)
    assert first.startswith("C20240101-")
    assert first != second
