"""What a deal may go through, over gRPC on real PostgreSQL."""

import asyncio

import asyncpg
import pytest
from dealtrail.opportunities.v1 import deals_pb2 as pb
from dealtrail.opportunities.v1 import lost_reasons_pb2

from services.kit.testing import Refusal
from tests.integration.opportunities.asking import create, days, get, refusal, told, yuan


async def test_a_deal_moves_forward_and_back_until_it_is_won(deals, company):
    deal = await deals(company.rep, "CreateDeal", create())
    deal = await deals(company.rep, "AdvanceDeal", pb.AdvanceDealRequest(id=deal.id))
    assert (deal.stage, deal.version) == ("NEED", 2)
    deal = await deals(company.rep, "AdvanceDeal", pb.AdvanceDealRequest(id=deal.id, stage="SIGNING"))
    back = pb.RegressDealRequest(id=deal.id, stage="SOLUTION", why="客户更换负责人")
    deal = await deals(company.rep, "RegressDeal", back)
    assert (deal.stage, deal.state) == ("SOLUTION", pb.Deal.OPEN)
    deal = await deals(company.rep, "WinDeal", pb.WinDealRequest(id=deal.id, amount=yuan("80000")))
    assert (deal.state, deal.amount.amount, deal.version) == (pb.Deal.WON, "80000.00", 5)
    assert deal.HasField("close_time")
    assert await deals(company.rep, "GetDeal", get(deal)) == deal


async def test_wrong_moves_are_refused_by_their_reason(deals, company):
    deal = await deals(company.rep, "CreateDeal", create(stage="NEED", open_time=days(10)))
    for method, request, reason in (
        ("AdvanceDeal", pb.AdvanceDealRequest(id=deal.id, stage="CONTACT"), "STAGE_NOT_LATER"),
        ("AdvanceDeal", pb.AdvanceDealRequest(id=deal.id, stage="ENGAGING"), "UNKNOWN_STAGE"),
        ("AdvanceDeal", pb.AdvanceDealRequest(id=deal.id, advance_time=days(9)), "TIME_OUT_OF_ORDER"),
        ("AdvanceDeal", pb.AdvanceDealRequest(id=deal.id, advance_time=days(99_999)), "INVALID"),
        ("RegressDeal", pb.RegressDealRequest(id=deal.id, stage="SIGNING", why="错"), "STAGE_NOT_EARLIER"),
        ("RegressDeal", pb.RegressDealRequest(id=deal.id, stage="CONTACT"), "INVALID"),
        ("LoseDeal", pb.LoseDealRequest(id=deal.id, reason="WHIM"), "UNKNOWN_LOST_REASON"),
        ("WinDeal", pb.WinDealRequest(id=deal.id, amount=yuan("-1")), "INVALID"),
        ("TriageDeal", pb.TriageDealRequest(id=deal.id, why="无"), "NOTHING_JUDGED"),
        ("ForecastDeal", pb.ForecastDealRequest(id=deal.id, why="无"), "NOTHING_FORECAST"),
        ("ForecastDeal", pb.ForecastDealRequest(id=deal.id, expected_sign_date="2026-02-30"), "INVALID"),
    ):
        assert await refusal(deals(company.rep, method, request)) == reason
    assert await deals(company.rep, "GetDeal", get(deal)) == deal
    last = await deals(company.rep, "CreateDeal", create(stage="SIGNING"))
    assert await refusal(deals(company.rep, "AdvanceDeal", pb.AdvanceDealRequest(id=last.id))) == "NO_NEXT_STAGE"


async def test_a_lost_deal_is_closed_for_good(deals, company):
    own = lost_reasons_pb2.SetLostReasonRequest(code="MOVED_AWAY", label="客户已搬迁", active=True)
    await deals(company.boss, "SetLostReason", own)
    deal = await deals(company.rep, "CreateDeal", create())
    lost = await deals(company.rep, "LoseDeal", pb.LoseDealRequest(id=deal.id, reason="MOVED_AWAY"))
    assert (lost.state, lost.lost_reason) == (pb.Deal.LOST, "MOVED_AWAY")
    for method, request in (
        ("AdvanceDeal", pb.AdvanceDealRequest(id=deal.id)),
        ("RegressDeal", pb.RegressDealRequest(id=deal.id, stage="CONTACT", why="重来")),
        ("WinDeal", pb.WinDealRequest(id=deal.id)),
        ("LoseDeal", pb.LoseDealRequest(id=deal.id, reason="PRICE")),
        ("TriageDeal", pb.TriageDealRequest(id=deal.id, quantity=1)),
        ("ForecastDeal", pb.ForecastDealRequest(id=deal.id, quantity=1)),
        ("AssignDeal", pb.AssignDealRequest(id=deal.id, owner_id=str(company.manager.user_id))),
    ):
        assert await refusal(deals(company.boss, method, request)) == "DEAL_NOT_OPEN"
    assert await deals(company.rep, "GetDeal", get(deal)) == lost


async def test_the_database_itself_keeps_a_closed_deal_closed(deals, company):
    deal = await deals(company.rep, "CreateDeal", create())
    await deals(company.rep, "WinDeal", pb.WinDealRequest(id=deal.id))
    connection = await asyncpg.connect(deals.access.app)
    await connection.execute(f"SET app.tenant = '{company.rep.tenant_id}'")
    reopened = "UPDATE deals SET state = 'OPEN', close_time = NULL"
    for statement in (reopened, "UPDATE deals SET stage = 'NEED'", "DELETE FROM stage_moves"):
        with pytest.raises(asyncpg.RaiseError):
            await connection.execute(statement)
    await connection.execute("UPDATE deals SET team_id = NULL")
    await connection.close()


async def test_of_many_who_close_a_deal_at_once_one_does(deals, company):
    for _ in range(5):
        deal = await deals(company.rep, "CreateDeal", create())
        win, lose = pb.WinDealRequest(id=deal.id), pb.LoseDealRequest(id=deal.id, reason="PRICE")
        calls = [deals(who, "WinDeal", win) for who in (company.rep, company.manager, company.boss)]
        calls += [deals(who, "LoseDeal", lose) for who in (company.rep, company.manager, company.boss)]
        ends = await asyncio.gather(*calls, return_exceptions=True)
        closed = [end for end in ends if isinstance(end, pb.Deal)]
        refused = [end.reason for end in ends if isinstance(end, Refusal)]
        assert (len(closed), refused) == (1, ["DEAL_NOT_OPEN"] * 5)
        assert await deals(company.rep, "GetDeal", get(deal)) == closed[0]


async def test_who_sees_a_deal_is_its_owner_the_managers_above_and_the_boss(deals, company):
    deal = await deals(company.rep, "CreateDeal", create())
    for who in (company.rep, company.manager, company.boss):
        assert await deals(who, "GetDeal", get(deal)) == deal
        assert len((await deals(who, "ListDeals", pb.ListDealsRequest())).deals) == 1
    for who in (company.other_rep, company.stranger):
        assert not (await deals(who, "ListDeals", pb.ListDealsRequest())).deals
        for method, request in every_call(deal, company):
            assert await refusal(deals(who, method, request)) == "NOT_FOUND"
    assert await deals(company.rep, "GetDeal", get(deal)) == deal
    assert len(await told(deals)) == 1


def every_call(deal, company):
    """One call to each method that takes a deal's id."""
    return (
        ("GetDeal", pb.GetDealRequest(id=deal.id)),
        ("AdvanceDeal", pb.AdvanceDealRequest(id=deal.id)),
        ("RegressDeal", pb.RegressDealRequest(id=deal.id, stage="CONTACT", why="重来")),
        ("WinDeal", pb.WinDealRequest(id=deal.id)),
        ("LoseDeal", pb.LoseDealRequest(id=deal.id, reason="PRICE")),
        ("TriageDeal", pb.TriageDealRequest(id=deal.id, quantity=1)),
        ("ForecastDeal", pb.ForecastDealRequest(id=deal.id, quantity=1)),
        ("AssignDeal", pb.AssignDealRequest(id=deal.id, owner_id=str(company.other_rep.user_id))),
        ("ShareDeal", pb.ShareDealRequest(id=deal.id, collaborators=[str(company.other_rep.user_id)])),
        ("ListStageMoves", pb.ListStageMovesRequest(deal_id=deal.id)),
        ("ListTriages", pb.ListTriagesRequest(deal_id=deal.id)),
        ("ListForecastChanges", pb.ListForecastChangesRequest(deal_id=deal.id)),
    )


async def test_a_command_on_what_has_changed_meanwhile_is_refused(deals, company):
    deal = await deals(company.rep, "CreateDeal", create())
    await deals(company.rep, "AdvanceDeal", pb.AdvanceDealRequest(id=deal.id), if_match="1")
    stale = deals(company.rep, "WinDeal", pb.WinDealRequest(id=deal.id), if_match="1")
    assert await refusal(stale) == "VERSION_MISMATCH"
    assert (await deals(company.rep, "GetDeal", get(deal))).state == pb.Deal.OPEN


async def test_a_repeated_command_answers_as_it_did(deals, company):
    answers = await asyncio.gather(
        *(deals(company.rep, "CreateDeal", create(), idempotency_key="once") for _ in range(6))
    )
    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert len((await deals(company.rep, "ListDeals", pb.ListDealsRequest())).deals) == 1
    win = pb.WinDealRequest(id=answers[0].id)
    first = await deals(company.rep, "WinDeal", win, idempotency_key="win")
    assert await deals(company.rep, "WinDeal", win, idempotency_key="win") == first


async def test_a_deal_is_handed_over_by_its_owner_or_from_above(deals, company):
    deal = await deals(company.rep, "CreateDeal", create())
    friend, heir = str(company.other_rep.user_id), str(company.manager.user_id)
    await deals(company.rep, "ShareDeal", pb.ShareDealRequest(id=deal.id, collaborators=[friend]))
    assert (await deals(company.other_rep, "AdvanceDeal", pb.AdvanceDealRequest(id=deal.id))).stage == "NEED"
    grab = pb.AssignDealRequest(id=deal.id, owner_id=friend)
    widen = pb.ShareDealRequest(id=deal.id, collaborators=[friend, heir])
    assert await refusal(deals(company.other_rep, "AssignDeal", grab)) == "NOT_YOURS_TO_GIVE"
    assert await refusal(deals(company.other_rep, "ShareDeal", widen)) == "NOT_YOURS_TO_GIVE"
    assert await refusal(deals(company.rep, "AssignDeal", grab)) == "UNKNOWN_OWNER"
    assigned = await deals(company.manager, "AssignDeal", pb.AssignDealRequest(id=deal.id, owner_id=heir))
    assert (assigned.owner_id, list(assigned.collaborators)) == (heir, [friend])
    assert await refusal(deals(company.rep, "GetDeal", get(deal))) == "NOT_FOUND"
    await deals(company.boss, "ShareDeal", pb.ShareDealRequest(id=deal.id))
    assert await refusal(deals(company.other_rep, "GetDeal", get(deal))) == "NOT_FOUND"


async def test_a_deal_is_shared_with_people_of_the_tenant_only(deals, company):
    deal = await deals(company.rep, "CreateDeal", create())
    share = pb.ShareDealRequest(id=deal.id, collaborators=[str(company.stranger.user_id)])
    assert await refusal(deals(company.rep, "ShareDeal", share)) == "UNKNOWN_COLLABORATOR"


async def test_every_command_tells_its_fact_with_what_was_before(deals, company):
    deal = await deals(company.rep, "CreateDeal", create(amount=yuan("10"), open_time=days(0)))
    friend, heir = str(company.other_rep.user_id), str(company.manager.user_id)
    await deals(company.rep, "AdvanceDeal", pb.AdvanceDealRequest(id=deal.id, stage="SOLUTION", advance_time=days(7)))
    await deals(company.rep, "ShareDeal", pb.ShareDealRequest(id=deal.id, collaborators=[friend]))
    await deals(company.rep, "ShareDeal", pb.ShareDealRequest(id=deal.id))
    await deals(company.manager, "AssignDeal", pb.AssignDealRequest(id=deal.id, owner_id=heir))
    await deals(company.manager, "LoseDeal", pb.LoseDealRequest(id=deal.id, reason="PRICE"))
    events = await told(deals)
    (_, opened), (headers, advanced), _, (_, shared), (_, assigned), (last, lost) = events
    assert (opened.to_stage.stage, opened.to_stage.label, opened.to_stage.probability) == ("CONTACT", "初步接触", 10)
    assert headers["ce-time"] == "2017-01-16T00:00:00+00:00"
    assert (advanced.from_stage.index, advanced.to_stage.index) == (0, 2)
    assert (advanced.from_stage.since, advanced.to_stage.since) == (days(0), days(7))
    assert (list(shared.from_collaborators), list(shared.deal.collaborators)) == ([friend], [])
    assert (assigned.from_owner_id, assigned.from_team_id) == (deal.owner_id, deal.team_id)
    assert (lost.from_stage.stage, lost.deal.lost_reason) == ("SOLUTION", "PRICE")
    assert (last["ce-owner"], last["ce-actor"], last["ce-version"]) == (heir, heir, "6")
