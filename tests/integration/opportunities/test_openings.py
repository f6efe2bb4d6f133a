"""How deals begin: one by one, out of a lead, or many with what they have gone through."""

import asyncio

import pytest
from dealtrail.opportunities.v1 import deals_pb2 as pb
from dealtrail.type.v1.batch_pb2 import ItemResult

from services.kit.ids import new_id
from services.kit.testing import Refusal
from tests.integration.opportunities.asking import create, days, get, refusal, told, yuan


def step(stage, day, why=""):
    return pb.ImportedDeal.Step(stage=stage, time=days(day), why=why)


def won(number, **fields):
    deal = create(id=str(new_id()), name=f"历史项目 {number}", amount=yuan("1000"), **fields)
    history = [step("NEED", 0), step("NEGOTIATION", 20), step("SOLUTION", 25, "条款有变"), step("SIGNING", 40)]
    close = {"outcome": pb.Deal.WON, "close_time": days(57), "close_amount": yuan("1054")}
    return pb.ImportedDeal(deal=deal, history=history, **close)


def batch(*items, **fields):
    return pb.BatchCreateDealsRequest(deals=items, **fields)


def outcomes(answer):
    return [ItemResult.Outcome.Name(result.outcome) for result in answer.results]


async def test_a_new_deal_stands_in_the_first_stage_of_the_shipped_process(deals, company, seen):
    what = {"amount": yuan("1200.5"), "quantity": 3, "product": "GTX", "expected_sign_date": "2026-12-31"}
    deal = await deals(company.rep, "CreateDeal", create(account_id=seen.account, **what))
    read = await deals(company.rep, "GetDeal", get(deal))
    assert read == deal
    assert (read.process, read.process_version, read.stage) == ("B2B", 1, "CONTACT")
    assert (read.state, read.version, read.owner_id) == (pb.Deal.OPEN, 1, str(company.rep.user_id))
    assert (read.amount.amount, read.quantity, read.expected_sign_date) == ("1200.50", 3, "2026-12-31")


async def test_a_deal_refers_to_what_its_owner_sees_only(deals, company):
    unseen = str(new_id())
    assert await refusal(deals(company.rep, "CreateDeal", create(account_id=unseen))) == "UNKNOWN_ACCOUNT"
    assert await refusal(deals(company.rep, "CreateDeal", create(contact_id=unseen))) == "UNKNOWN_CONTACT"
    assert await refusal(deals(company.rep, "CreateDeal", create(lead_id=unseen))) == "UNKNOWN_LEAD"
    assert await refusal(deals(company.rep, "CreateDeal", create(process="NONE"))) == "UNKNOWN_PROCESS"
    assert await refusal(deals(company.rep, "CreateDeal", create(owner_id=unseen))) == "UNKNOWN_OWNER"


async def test_the_service_that_converts_a_lead_answers_for_what_it_has_not_committed(deals, company):
    request = create(account_id=str(new_id()), lead_id=str(new_id()))
    assert (await deals(company.rep, "CreateDeal", request, caller="leads")).lead_id == request.lead_id
    assert await refusal(deals(company.rep, "CreateDeal", request, caller="contracts")) == "UNKNOWN_ACCOUNT"


async def test_a_lead_becomes_one_deal_however_often_it_is_tried(deals, company, seen):
    request = create(id=str(new_id()), lead_id=seen.lead)
    answers = await asyncio.gather(*(deals(company.rep, "CreateDeal", request, caller="leads") for _ in range(6)))
    assert {answer.id for answer in answers} == {request.id}
    other = create(id=str(new_id()), lead_id=seen.lead)
    assert await refusal(deals(company.rep, "CreateDeal", other)) == "LEAD_HAS_DEAL"
    assert len(await told(deals)) == 1


async def test_of_two_deals_for_one_lead_one_is_opened(deals, company, seen):
    requests = [create(id=str(new_id()), lead_id=seen.lead) for _ in range(4)]
    answers = await asyncio.gather(
        *(deals(company.rep, "CreateDeal", request) for request in requests), return_exceptions=True
    )
    assert [one.reason for one in answers if isinstance(one, Refusal)] == ["LEAD_HAS_DEAL"] * 3


async def test_the_id_of_a_deal_out_of_sight_is_taken_and_the_deal_not_shown(deals, company):
    deal = await deals(company.other_rep, "CreateDeal", create())
    assert await refusal(deals(company.rep, "CreateDeal", create(id=deal.id))) == "DEAL_ID_TAKEN"


async def test_an_imported_deal_has_gone_through_every_step_of_its_history(deals, company):
    item = won(1)
    assert outcomes(await deals(company.rep, "BatchCreateDeals", batch(item))) == ["CREATED"]
    deal = await deals(company.rep, "GetDeal", get(item.deal))
    assert (deal.state, deal.stage, deal.version) == (pb.Deal.WON, "SIGNING", 5)
    assert (deal.amount.amount, deal.open_time, deal.close_time) == ("1054.00", days(0), days(57))
    moves = (await deals(company.rep, "ListStageMoves", pb.ListStageMovesRequest(deal_id=deal.id))).moves
    assert [move.stage for move in moves] == ["NEED", "NEGOTIATION", "SOLUTION", "SIGNING"]
    assert [move.seconds // 86400 for move in moves] == [20, 5, 15, 17]
    assert (moves[2].why, moves[3].leave_time) == ("条款有变", days(57))


async def test_an_import_tells_each_step_as_of_when_it_happened(deals, company):
    await deals(company.rep, "BatchCreateDeals", batch(won(1)))
    events = await told(deals)
    kinds = [headers["ce-type"].rpartition(".")[2] for headers, _ in events]
    assert kinds == ["DealOpened", "DealAdvanced", "DealRegressed", "DealAdvanced", "DealWon"]
    assert [headers["ce-version"] for headers, _ in events] == ["1", "2", "3", "4", "5"]
    assert [event.deal.version for _, event in events] == [1, 2, 3, 4, 5]
    assert [headers["ce-time"][:10] for headers, _ in events][1:3] == ["2017-01-29", "2017-02-03"]
    assert {event.deal.state for _, event in events[:-1]} == {pb.Deal.OPEN}
    back, last = events[2][1], events[4][1]
    assert (back.from_stage.stage, back.from_stage.index, back.from_stage.since) == ("NEGOTIATION", 4, days(20))
    assert (back.to_stage.stage, back.to_stage.index, back.to_stage.expected_days) == ("SOLUTION", 2, 21)
    assert (last.from_amount.amount, last.deal.amount.amount) == ("1000.00", "1054.00")


async def test_a_repeated_import_changes_nothing(deals, company):
    items = [won(number) for number in range(3)]
    first = await deals(company.rep, "BatchCreateDeals", batch(*items[:2]))
    assert outcomes(first) == ["CREATED", "CREATED"]
    before = len(await told(deals))
    again = await deals(company.rep, "BatchCreateDeals", batch(*items))
    assert outcomes(again) == ["EXISTED", "EXISTED", "CREATED"]
    assert len(await told(deals)) == before + 5


async def test_one_id_twice_in_a_batch_is_one_deal(deals, company):
    item = won(1)
    await deals(company.rep, "BatchCreateDeals", batch(item, item))
    assert len(await told(deals)) == 5


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"deal": create(name="")}, "INVALID"),
        ({"deal": create(account_id="no id")}, "INVALID"),
        ({"deal": create(account_id=str(new_id()))}, "UNKNOWN_ACCOUNT"),
        ({"deal": create(contact_id=str(new_id()))}, "UNKNOWN_CONTACT"),
        ({"history": [step("NEED", 5), step("SOLUTION", 4)]}, "TIME_OUT_OF_ORDER"),
        ({"history": [step("ENGAGING", 5)]}, "UNKNOWN_STAGE"),
        ({"deal": create(open_time=days(0)), "history": [step("CONTACT", 5)]}, "STAGE_NOT_EARLIER"),
        ({"outcome": pb.Deal.WON}, "INVALID"),
        ({"close_time": days(3)}, "INVALID"),
        ({"outcome": pb.Deal.LOST, "close_time": days(3), "close_amount": yuan("1")}, "INVALID"),
        ({"outcome": pb.Deal.WON, "close_time": days(3), "lost_reason": "PRICE"}, "INVALID"),
        ({"outcome": pb.Deal.LOST, "close_time": days(99), "lost_reason": "WHIM"}, "UNKNOWN_LOST_REASON"),
    ],
)
async def test_a_refused_item_leaves_the_others_recorded(deals, company, fields, reason):
    bad = pb.ImportedDeal(**({"deal": create(open_time=days(0)) if "history" not in fields else create()} | fields))
    answer = await deals(company.rep, "BatchCreateDeals", batch(won(1), bad, won(2)))
    assert outcomes(answer) == ["CREATED", "REFUSED", "CREATED"]
    assert answer.results[1].reason == reason


async def test_an_item_for_a_lead_that_has_a_deal_is_refused(deals, company, seen):
    await deals(company.rep, "CreateDeal", create(lead_id=seen.lead))
    answer = await deals(company.rep, "BatchCreateDeals", batch(won(1, lead_id=seen.lead), won(2)))
    assert outcomes(answer) == ["REFUSED", "CREATED"]
    assert answer.results[0].reason == "LEAD_HAS_DEAL"


async def test_a_batch_asks_for_each_account_once(deals, company, seen):
    items = [won(number, account_id=seen.account) for number in range(20)]
    assert set(outcomes(await deals(company.rep, "BatchCreateDeals", batch(*items)))) == {"CREATED"}
    assert seen.asked == 1


async def test_a_batch_that_is_only_checked_records_nothing(deals, company):
    answer = await deals(company.rep, "BatchCreateDeals", batch(won(1), validate_only=True))
    assert outcomes(answer) == ["CREATED"]
    assert not (await deals(company.boss, "ListDeals", pb.ListDealsRequest())).deals
