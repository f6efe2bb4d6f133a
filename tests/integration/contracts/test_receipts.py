"""What happens to money that came in, over gRPC on real PostgreSQL."""

import asyncio

import asyncpg
import pytest
from dealtrail.contracts.v1 import contracts_pb2
from dealtrail.contracts.v1 import receipts_pb2 as pb
from dealtrail.type.v1.batch_pb2 import ItemResult

from services.kit.testing import Refusal
from tests.integration.contracts.asking import database, fresh, key, names_told, refusal, told, yuan

PLAN = [
    {"amount": yuan("40.00"), "due_date": "2024-03-01"},
    {"amount": yuan("30.00"), "due_date": "2024-02-01"},
    {"amount": yuan("20.00"), "trigger": "ACCEPT"},
]


async def test_money_pays_what_fell_due_first_partly_and_over_several(rep, account):
    contract = await rep.signed(account, "90.00", PLAN)
    await rep.receive("10.00", contract_id=contract.id)
    assert await rep.paid(contract) == ["0.00", "10.00", "0.00"]
    await rep.receive("45.00", contract_id=contract.id)
    assert await rep.paid(contract) == ["25.00", "30.00", "0.00"]
    last = await rep.receive("50.00", contract_id=contract.id)
    assert await rep.paid(contract) == ["40.00", "30.00", "20.00"]
    assert last.unapplied.amount == "15.00"


async def test_money_of_an_account_pays_its_contracts_and_no_other_currency(rep, account):
    late = await rep.signed(account, "50.00", [{"amount": yuan("50.00"), "due_date": "2024-05-01"}])
    soon = await rep.signed(account, "50.00", [{"amount": yuan("50.00"), "due_date": "2024-04-01"}])
    dollars = {"amount": "50.00", "currency": "USD"}
    foreign = await rep.signed(account, None, lines=[{"amount": dollars}])
    receipt = await rep.receive("60.00", account_id=account)
    assert (await rep.paid(late), await rep.paid(soon), await rep.paid(foreign)) == (["10.00"], ["50.00"], ["0.00"])
    assert {one.contract_id: one.amount.amount for one in receipt.allocations} == {late.id: "10.00", soon.id: "50.00"}
    assert await refusal(rep.receive("1.00", contract_id=foreign.id)) == "CURRENCY_DIFFERS"


async def test_money_can_be_allocated_as_told_or_not_at_all(rep, account):
    contract = await rep.signed(account, "90.00", PLAN)
    first, _, third = await rep.instalments(contract)
    told_so = await rep.receive("50.00", contract_id=contract.id, told=[(third, "20.00"), (first, "5.00")])
    assert (await rep.paid(contract), told_so.unapplied.amount) == (["5.00", "0.00", "20.00"], "25.00")
    kept = await rep.receive("7.00", contract_id=contract.id, allocate="NONE")
    assert (kept.unapplied.amount, len(kept.allocations)) == ("7.00", 0)


async def test_nothing_is_paid_beyond_what_is_due(rep, account):
    contract = await rep.signed(account, "90.00", PLAN)
    first, second, _ = await rep.instalments(contract)
    over = rep.receive("100.00", contract_id=contract.id, told=[(second, "30.00"), (first, "40.01")])
    assert await refusal(over) == "OVER_ALLOCATED"
    twice = rep.receive("100.00", contract_id=contract.id, told=[(second, "20.00"), (second, "20.00")])
    assert await refusal(twice) == "OVER_ALLOCATED"
    more = rep.receive("10.00", contract_id=contract.id, told=[(second, "10.01")])
    assert await refusal(more) == "ALLOCATIONS_EXCEED_RECEIPT"
    assert await rep.paid(contract) == ["0.00", "0.00", "0.00"]
    assert not (await rep.ask("ListReceipts", pb.ListReceiptsRequest())).receipts


async def test_money_pays_only_what_its_payer_owes(rep, company, market, account):
    mine = await rep.signed(account)
    theirs = await rep.signed(market.account(company.rep))
    [foreign] = await rep.instalments(theirs)
    told_so = [(foreign, "1.00")]
    assert await refusal(rep.receive("1.00", contract_id=mine.id, told=told_so)) == "UNKNOWN_INSTALMENT"
    assert await refusal(rep.receive("1.00", account_id=account, told=told_so)) == "UNKNOWN_INSTALMENT"
    other_account = market.account(company.rep)
    mixed = rep.receive("1.00", contract_id=mine.id, account_id=other_account)
    assert await refusal(mixed) == "ACCOUNT_NOT_OF_CONTRACT"


async def test_money_is_received_for_signed_contracts_in_sight_on_days_that_have_come(rep, other_rep, account):
    draft = await rep.draft(account)
    assert await refusal(rep.receive("1.00", contract_id=draft.id)) == "CONTRACT_NOT_SIGNED"
    signed = await rep.sign(draft)
    assert await refusal(rep.receive("1.00", "2999-01-01", contract_id=signed.id)) == "RECEIVED_DATE_IN_FUTURE"
    assert await refusal(rep.receive("1.00", "2023-02-29", contract_id=signed.id)) == "INVALID"
    assert await refusal(rep.receive("0.00", contract_id=signed.id)) == "AMOUNT_NOT_POSITIVE"
    assert await refusal(rep.receive("1.00")) == "PAYER_MISSING"
    assert await refusal(rep.receive("1.00", account_id=fresh())) == "UNKNOWN_ACCOUNT"
    assert await refusal(other_rep.receive("1.00", contract_id=signed.id)) == "UNKNOWN_CONTRACT"
    assert await refusal(other_rep.receive("1.00", account_id=account)) == "UNKNOWN_ACCOUNT"


async def test_an_advance_counts_from_the_signing(rep, account):
    contract = await rep.signed(account, day="2024-03-01")
    receipt = await rep.receive("90.00", "2024-02-01", contract_id=contract.id)
    assert [one.effective_date for one in receipt.allocations] == ["2024-03-01"]


async def test_the_same_money_is_not_recorded_twice_by_its_bank_reference(rep, boss, account):
    contract = await rep.signed(account)
    first = await rep.receive("10.00", contract_id=contract.id, bank_reference="B-1")
    again = rep.receive("10.00", contract_id=contract.id, bank_reference="B-1")
    assert await refusal(again) == "BANK_REFERENCE_KNOWN"
    await boss.void(first)
    await rep.receive("10.00", contract_id=contract.id, bank_reference="B-1")
    pair = [rep.receive("1.00", contract_id=contract.id, bank_reference="B-2") for _ in range(2)]
    answers = await asyncio.gather(*pair, return_exceptions=True)
    assert len([one for one in answers if isinstance(one, Refusal)]) == 1
    assert await rep.paid(contract) == ["11.00"]


async def test_a_repeated_receipt_is_one_receipt(rep, account):
    contract = await rep.signed(account)
    request = pb.RecordReceiptRequest(contract_id=contract.id, amount=yuan("10.00"), received_date="2024-02-01")
    assert await refusal(rep.ask("RecordReceipt", request)) == "IDEMPOTENCY_KEY_MISSING"
    same = key()
    answers = await asyncio.gather(*(rep.ask("RecordReceipt", request, **same) for _ in range(4)))
    assert len({one.id for one in answers}) == 1
    assert await rep.paid(contract) == ["10.00"]
    request.amount.amount = "11.00"
    assert await refusal(rep.ask("RecordReceipt", request, **same)) == "IDEMPOTENCY_KEY_MISMATCH"


async def test_what_is_unapplied_is_allocated_later(rep, account):
    receipt = await rep.receive("50.00", account_id=account)
    assert receipt.unapplied.amount == "50.00"
    assert await refusal(rep.apply(receipt)) == "NOTHING_TO_APPLY"
    contract = await rep.signed(account, "90.00", PLAN)
    first, _, third = await rep.instalments(contract)
    receipt = await rep.apply(receipt, told=[(third, "20.00")])
    assert (receipt.unapplied.amount, receipt.version) == ("30.00", 2)
    over = rep.apply(receipt, told=[(first, "30.01")])
    assert await refusal(over) == "ALLOCATIONS_EXCEED_RECEIPT"
    receipt = await rep.apply(receipt)
    assert (receipt.unapplied.amount, len(receipt.allocations)) == ("0.00", 2)
    assert await rep.paid(contract) == ["0.00", "30.00", "20.00"]
    assert await refusal(rep.apply(receipt)) == "NOTHING_TO_APPLY"


async def test_a_voided_receipt_leaves_what_it_paid_open_and_stays_in_the_books(rep, boss, company, account, access):
    contract = await rep.signed(account, "90.00", PLAN)
    receipt = await rep.receive("100.00", contract_id=contract.id)
    async with database(access, company.boss) as connection:
        before = await connection.fetch("SELECT * FROM journal ORDER BY entry_id, line")
        voided = await boss.void(receipt)
        after = await connection.fetch("SELECT * FROM journal ORDER BY entry_id, line")
    assert (voided.status, voided.void_reason, voided.unapplied.amount) == (pb.Receipt.VOIDED, "重复登记", "0.00")
    assert not voided.allocations
    assert await rep.paid(contract) == ["0.00", "0.00", "0.00"]
    assert after[: len(before)] == before
    assert {row["kind"] for row in after[len(before) :]} == {"VOID"}
    assert await refusal(boss.void(receipt)) == "RECEIPT_ALREADY_VOIDED"
    assert await refusal(rep.apply(receipt)) == "RECEIPT_ALREADY_VOIDED"
    async with database(access, company.boss) as connection:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute("UPDATE receipts SET status = 'RECORDED'")
    assert not await boss.discrepancies()


async def test_only_managers_and_the_boss_void(rep, account):
    contract = await rep.signed(account)
    receipt = await rep.receive("10.00", contract_id=contract.id)
    assert await refusal(rep.void(receipt)) == "ROLE_NOT_ALLOWED"


async def test_the_journal_cannot_be_changed_and_takes_no_entry_that_does_not_balance(rep, company, account, access):
    await rep.signed(account)
    async with database(access, company.rep) as connection:
        for statement in ("UPDATE journal SET amount = 0", "DELETE FROM journal"):
            with pytest.raises(asyncpg.RaiseError):
                await connection.execute(statement)
        lonely = """INSERT INTO journal SELECT tenant_id, gen_random_uuid(), 1, kind, book, amount, currency,
            contract_id, instalment_id, receipt_id, effective_date, recorded_at, actor_id FROM journal LIMIT 1"""
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(lonely)


async def test_a_balance_that_was_tampered_with_is_found(rep, boss, company, account, access):
    contract = await rep.signed(account)
    await rep.receive("100.00", contract_id=contract.id)
    assert not await boss.discrepancies()
    async with database(access, company.rep) as connection:
        await connection.execute("UPDATE instalments SET paid = 80, paid_date = NULL")
        await connection.execute("UPDATE receipts SET unapplied = 9")
    found = {(one.balance, one.kept.amount, one.journal.amount) for one in await boss.discrepancies()}
    assert found == {(1, "80.00", "90.00"), (2, "9.00", "10.00"), (3, "10.00", "0.00")}


async def test_receipts_are_seen_with_their_contract_and_follow_it_to_its_next_owner(
    rep, boss, other_rep, company, account
):
    contract = await rep.signed(account)
    receipt = await rep.receive("10.00", contract_id=contract.id)
    get = pb.GetReceiptRequest(id=receipt.id)
    assert await refusal(other_rep.ask("GetReceipt", get)) == "NOT_FOUND"
    assert not (await other_rep.ask("ListReceipts", pb.ListReceiptsRequest())).receipts
    other = str(company.other_rep.user_id)
    await boss.ask("AssignContract", contracts_pb2.AssignContractRequest(id=contract.id, owner_id=other))
    assert (await other_rep.ask("GetReceipt", get)).owner_id == other
    assert await refusal(rep.ask("GetReceipt", get)) == "NOT_FOUND"
    [listed] = (await other_rep.ask("ListReceipts", pb.ListReceiptsRequest())).receipts
    assert [one.amount.amount for one in listed.allocations] == ["10.00"]


async def test_a_batch_of_receipts_is_allocated_in_its_order_and_can_be_repeated(boss, account):
    contract = await boss.signed(account, "90.00", PLAN)
    _, second, _ = await boss.instalments(contract)
    sound = {"contract_id": contract.id, "received_date": "2024-02-01"}
    told_so = [{"instalment_id": second.id, "amount": yuan("30.00")}]
    items = [
        {"id": fresh(), "amount": yuan("20.00"), "bank_reference": "B", **sound},
        {"id": fresh(), "amount": yuan("20.00"), "bank_reference": "B", **sound},
        {"id": fresh(), "amount": yuan("30.00"), "allocations": told_so, **sound},
        {"id": fresh(), "amount": yuan("75.00"), **sound},
        {"amount": yuan("1.00"), **sound},
    ]
    request = pb.BatchRecordReceiptsRequest(receipts=[pb.RecordReceiptRequest(**item) for item in items])
    answer = await boss.ask("BatchRecordReceipts", request)
    reasons = [one.reason for one in answer.results]
    assert reasons == ["", "BANK_REFERENCE_KNOWN", "OVER_ALLOCATED", "", "INVALID"]
    assert await boss.paid(contract) == ["40.00", "30.00", "20.00"]
    again = await boss.ask("BatchRecordReceipts", request)
    assert [one.outcome for one in again.results][::3] == [ItemResult.EXISTED, ItemResult.EXISTED]
    assert await boss.paid(contract) == ["40.00", "30.00", "20.00"]
    [rest] = (await boss.ask("ListReceipts", pb.ListReceiptsRequest(unapplied_only=True))).receipts
    assert (rest.id, rest.unapplied.amount) == (items[3]["id"], "5.00")
    assert not await boss.discrepancies()


async def test_what_is_told_of_a_receipt_stands_alone(rep, boss, company, market, access):
    deal = market.deal(company.rep, amount="90.00")
    contract = await rep.draft(deal_id=deal, amount=None, parts=PLAN, sign_date="2024-01-01")
    receipt = await rep.receive("45.00", "2024-02-10", contract_id=contract.id)
    await boss.void(receipt)
    assert await names_told(access, company.rep) == [
        "ContractSigned",
        "ReceiptRecorded",
        "InstalmentPaid",
        "ReceiptVoided",
    ]
    (_, _), (headers, recorded), (_, paid), (_, voided) = await told(access, company.rep)
    assert headers["ce-time"] == "2024-02-09T16:00:00+00:00"
    assert sorted(one.amount.amount for one in recorded.receipt.allocations) == ["15.00", "30.00"]
    changes = {one.instalment.due_date: one for one in recorded.changes}
    assert changes["2024-02-01"].amount.amount == "30.00"
    assert changes["2024-03-01"].instalment.paid.amount == "15.00"
    for one in (*recorded.changes, paid):
        assert (one.deal_id, one.account_id) == (deal, contract.account_id)
        assert (one.owner_id, one.team_id) == (str(company.rep.user_id), str(company.rep.team_id))
    assert (paid.paid_date, paid.instalment.due_date) == ("2024-02-10", "2024-02-01")
    assert sorted(one.amount.amount for one in voided.changes) == ["15.00", "30.00"]
    assert {one.instalment.paid.amount for one in voided.changes} == {"0.00"}
