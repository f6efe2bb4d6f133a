"""What a contract may go through, over gRPC on real PostgreSQL."""

import asyncio

import asyncpg
import pytest
from dealtrail.contracts.v1 import contracts_pb2 as pb
from dealtrail.contracts.v1 import products_pb2
from dealtrail.type.v1.batch_pb2 import ItemResult

from services.kit.testing import Refusal
from tests.integration.contracts.asking import database, fresh, key, refusal, told, yuan


async def test_a_contract_of_a_won_deal_takes_account_owner_title_and_amount_from_it(rep, company, market, account):
    deal = market.deal(company.rep, account_id=account, amount="9000.00")
    made = await rep.draft(deal_id=deal, amount=None)
    assert (made.account_id, made.deal_id, made.amount.amount) == (account, deal, "9000.00")
    assert (made.title, made.owner_id, made.status) == ("一号线设备", str(company.rep.user_id), pb.Contract.DRAFT)
    assert await rep.ask("GetContract", pb.GetContractRequest(id=made.id)) == made


async def test_only_a_won_deal_gets_a_contract_and_only_with_its_own_account(rep, company, market, account):
    open_deal = market.deal(company.rep, state="OPEN")
    assert await refusal(rep.draft(deal_id=open_deal)) == "DEAL_NOT_WON"
    won = market.deal(company.rep)
    assert await refusal(rep.draft(account, deal_id=won)) == "ACCOUNT_NOT_OF_DEAL"
    assert await refusal(rep.draft(deal_id=fresh())) == "UNKNOWN_DEAL"


async def test_a_deal_has_one_contract_until_that_is_cancelled(rep, company, market):
    deal = market.deal(company.rep)
    first = await rep.draft(deal_id=deal)
    assert await refusal(rep.draft(deal_id=deal)) == "DEAL_HAS_CONTRACT"
    await rep.ask("CancelContract", pb.CancelContractRequest(id=first.id))
    second = await rep.draft(deal_id=deal)
    assert await refusal(rep.draft(deal_id=deal)) == "DEAL_HAS_CONTRACT"
    assert await refusal(rep.sign(first)) == "CONTRACT_NOT_DRAFT"
    assert (await rep.sign(second)).status == pb.Contract.SIGNED


async def test_of_two_who_write_the_contract_of_a_deal_at_once_one_is_refused(rep, boss, company, market):
    deal = market.deal(company.rep)
    answers = await asyncio.gather(rep.draft(deal_id=deal), boss.draft(deal_id=deal), return_exceptions=True)
    refused = [one for one in answers if isinstance(one, Refusal)]
    assert [one.reason for one in refused] == ["DEAL_HAS_CONTRACT"]


async def test_nothing_is_written_for_an_account_out_of_sight(rep, company, market):
    assert await refusal(rep.draft(market.account(company.other_rep))) == "UNKNOWN_ACCOUNT"
    assert await refusal(rep.draft(fresh())) == "UNKNOWN_ACCOUNT"
    assert await refusal(rep.draft()) == "INVALID"
    assert not (await rep.ask("ListContracts", pb.ListContractsRequest())).contracts


async def test_lines_are_priced_by_the_catalogue_and_known_by_its_codes(rep, boss, account):
    product = products_pb2.CreateProductRequest(
        code="GTX Pro", name="GTX 专业版", aliases=["GTXPro"], list_price=yuan("4821.00")
    )
    made = await boss.ask("CreateProduct", product)
    contract = await rep.draft(account, None, lines=[{"product_code": "GTXPro", "quantity": "2.5"}])
    [line] = contract.lines
    assert (line.product_code, line.description, line.quantity) == ("GTX Pro", "GTX 专业版", "2.5")
    assert (line.unit_price.amount, line.amount.amount, contract.amount.amount) == ("4821.00", "12052.50", "12052.50")
    assert await refusal(rep.draft(account, "1.00", lines=[{"product_code": "GTXPro"}])) == "LINES_DO_NOT_SUM"
    assert await refusal(rep.draft(account, None, lines=[{"product_code": "GTX"}])) == "UNKNOWN_PRODUCT"
    assert await refusal(rep.draft(account, None, lines=[{"description": "服务"}])) == "INVALID"
    await boss.ask("UpdateProduct", products_pb2.UpdateProductRequest(id=made.id, active=False))
    assert await refusal(rep.draft(account, None, lines=[{"product_code": "GTX Pro"}])) == "UNKNOWN_PRODUCT"


async def test_a_draft_can_be_changed_and_its_single_instalment_follows_the_amount(rep, account):
    made = await rep.draft(account)
    changed = await rep.update(made, amount=yuan("120.00"), title="年度框架")
    assert (changed.amount.amount, changed.title, changed.version) == ("120.00", "年度框架", 2)
    assert [one.amount.amount for one in await rep.instalments(made)] == ["120.00"]
    changed = await rep.update(made, lines=[{"description": "服务", "amount": yuan("50.00")}])
    assert changed.amount.amount == "50.00"
    changed = await rep.update(made, instalments=[{"amount": yuan("20.00")}, {"amount": yuan("30.00")}])
    assert [one.amount.amount for one in await rep.instalments(made)] == ["20.00", "30.00"]
    assert await refusal(rep.update(made, amount=yuan("60.00"))) == "LINES_DO_NOT_SUM"
    assert await refusal(rep.update(made, if_match=1, title="旧")) == "VERSION_MISMATCH"


async def test_a_signed_contract_can_no_longer_be_changed_signed_or_cancelled(rep, account):
    made = await rep.draft(account)
    assert await refusal(rep.sign(made, "2999-01-01")) == "SIGN_DATE_IN_FUTURE"
    assert (await rep.sign(made)).sign_date == "2024-01-01"
    assert await refusal(rep.update(made, title="新")) == "CONTRACT_NOT_DRAFT"
    assert await refusal(rep.sign(made)) == "CONTRACT_NOT_DRAFT"
    assert await refusal(rep.ask("CancelContract", pb.CancelContractRequest(id=made.id))) == "CONTRACT_NOT_DRAFT"


async def test_signing_needs_a_key_and_repeating_it_answers_the_same(rep, account):
    made = await rep.draft(account)
    request = pb.SignContractRequest(id=made.id, sign_date="2024-01-01")
    assert await refusal(rep.ask("SignContract", request)) == "IDEMPOTENCY_KEY_MISSING"
    same = key()
    first = await rep.ask("SignContract", request, **same)
    assert await rep.ask("SignContract", request, **same) == first
    signed_already = pb.CreateContractRequest(account_id=account, amount=yuan("1.00"), sign_date="2024-01-01")
    assert await refusal(rep.ask("CreateContract", signed_already)) == "IDEMPOTENCY_KEY_MISSING"


async def test_no_two_contracts_share_a_number(rep, account):
    made = await rep.draft(account, number="HT-001")
    assert await refusal(rep.draft(account, number="HT-001")) == "CONTRACT_NUMBER_TAKEN"
    other = await rep.draft(account)
    assert other.number.startswith("C20")
    assert await refusal(rep.update(other, number="HT-001")) == "CONTRACT_NUMBER_TAKEN"
    assert (await rep.update(made, number="HT-002")).number == "HT-002"
    pair = [rep.draft(account, number="HT-003") for _ in range(2)]
    answers = await asyncio.gather(*pair, return_exceptions=True)
    refused = [one.reason for one in answers if isinstance(one, Refusal)]
    assert refused == ["CONTRACT_NUMBER_TAKEN"]
    drafts = [await rep.draft(account) for _ in range(6)]
    renamed = await asyncio.gather(*(rep.update(one, number="HT-004") for one in drafts), return_exceptions=True)
    assert [one.reason for one in renamed if isinstance(one, Exception)] == ["CONTRACT_NUMBER_TAKEN"] * 5


async def test_a_contract_recorded_again_under_its_id_is_answered_as_it_is(rep, other_rep, company, market, account):
    identity = fresh()
    first = await rep.draft(account, id=identity)
    assert await rep.draft(account, "1.00", id=identity) == first
    theirs = market.account(company.other_rep)
    assert await refusal(other_rep.draft(theirs, id=identity)) == "CONTRACT_ID_TAKEN"


async def test_a_batch_records_what_is_sound_and_says_what_is_not(boss, company, market, account):
    sound = {"account_id": account, "amount": yuan("10.00"), "sign_date": "2024-01-01"}
    items = [
        {"id": fresh(), "number": "A", **sound},
        {"id": fresh(), "number": "A", **sound},
        {"id": fresh(), "account_id": fresh(), "amount": yuan("10.00")},
        {"account_id": account, "amount": yuan("10.00")},
        {"id": fresh(), "account_id": account, "amount": yuan("1.234")},
        {"id": fresh(), "deal_id": market.deal(company.rep)},
    ]
    request = pb.BatchCreateContractsRequest(contracts=[pb.CreateContractRequest(**item) for item in items])
    answer = await boss.ask("BatchCreateContracts", request)
    created, refused, existed = ItemResult.CREATED, ItemResult.REFUSED, ItemResult.EXISTED
    assert [one.outcome for one in answer.results] == [created, refused, refused, refused, refused, created]
    reasons = [one.reason for one in answer.results]
    assert reasons == ["", "CONTRACT_NUMBER_TAKEN", "UNKNOWN_ACCOUNT", "INVALID", "INVALID", ""]
    assert [(one.field) for one in answer.results[3].violations] == ["id"]
    again = await boss.ask("BatchCreateContracts", request)
    assert [one.outcome for one in again.results] == [existed, refused, refused, refused, refused, existed]
    found = (await boss.ask("ListContracts", pb.ListContractsRequest())).contracts
    assert sorted(pb.Contract.Status.Name(one.status) for one in found) == ["DRAFT", "SIGNED"]


async def test_a_checked_batch_records_nothing(boss, account):
    item = pb.CreateContractRequest(id=fresh(), account_id=account, amount=yuan("10.00"))
    request = pb.BatchCreateContractsRequest(contracts=[item], validate_only=True)
    await boss.ask("BatchCreateContracts", request)
    assert not (await boss.ask("ListContracts", pb.ListContractsRequest())).contracts


async def test_a_contract_out_of_sight_does_not_exist(rep, other_rep, account):
    made = await rep.draft(account)
    for method, request in (
        ("GetContract", pb.GetContractRequest(id=made.id)),
        ("UpdateContract", pb.UpdateContractRequest(id=made.id, title="x")),
        ("SignContract", pb.SignContractRequest(id=made.id)),
        ("CancelContract", pb.CancelContractRequest(id=made.id)),
        ("AssignContract", pb.AssignContractRequest(id=made.id, owner_id=str(other_rep.who.user_id))),
        ("ListInstalments", pb.ListInstalmentsRequest(id=made.id)),
    ):
        assert await refusal(other_rep.ask(method, request, **key())) == "NOT_FOUND"
    assert not (await other_rep.ask("ListContracts", pb.ListContractsRequest())).contracts
    assert (await rep.ask("GetContract", pb.GetContractRequest(id=made.id))).version == 1


async def test_contracts_are_listed_by_what_is_asked_for(rep, account):
    draft = await rep.draft(account, number="HT-1", title="设备采购")
    signed = await rep.signed(account, number="HT-2")
    for fields, expected in (
        ({"status": "SIGNED"}, [signed]),
        ({"q": "采购"}, [draft]),
        ({"account_id": account}, [signed, draft]),
        ({"owner_id": fresh()}, []),
        ({"order_by": "number"}, [draft, signed]),
    ):
        found = (await rep.ask("ListContracts", pb.ListContractsRequest(**fields))).contracts
        assert [one.number for one in found] == [one.number for one in expected], fields


async def test_what_is_told_of_a_contract_stands_alone(rep, boss, company, market, access):
    deal = market.deal(company.rep)
    made = await rep.draft(deal_id=deal)
    await rep.update(made, title="新")
    await rep.sign(made, "2024-01-01")
    request = pb.AssignContractRequest(id=made.id, owner_id=str(company.other_rep.user_id))
    await boss.ask("AssignContract", request)
    events = await told(access, company.rep)
    names = [headers["ce-type"].rpartition(".")[2] for headers, _ in events]
    assert names == ["ContractDrafted", "ContractUpdated", "ContractSigned", "ContractAssigned"]
    assert [headers["ce-version"] for headers, _ in events] == ["1", "2", "3", "4"]
    headers, signed = events[2]
    assert headers["ce-time"] == "2023-12-31T16:00:00+00:00"
    assert (signed.contract.deal_id, signed.contract.status) == (deal, pb.Contract.SIGNED)
    assert [one.due_date for one in signed.instalments] == ["2024-01-01"]
    assert events[3][1].from_owner_id == str(company.rep.user_id)
    assert events[3][0]["ce-owner"] == str(company.other_rep.user_id)


async def test_the_database_itself_keeps_signed_and_cancelled_final(rep, company, account, access):
    await rep.signed(account)
    cancelled = await rep.draft(account)
    await rep.ask("CancelContract", pb.CancelContractRequest(id=cancelled.id))
    async with database(access, company.rep) as connection:
        for statement in (
            "UPDATE contracts SET status = 'DRAFT', sign_date = NULL WHERE status = 'SIGNED'",
            "UPDATE contracts SET sign_date = '2024-01-02' WHERE status = 'SIGNED'",
            "UPDATE contracts SET status = 'DRAFT' WHERE status = 'CANCELLED'",
        ):
            with pytest.raises(asyncpg.CheckViolationError):
                await connection.execute(statement)
