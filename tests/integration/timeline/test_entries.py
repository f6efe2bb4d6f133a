"""What stands in a timeline, over gRPC, with real events from the real services."""

from datetime import UTC, datetime, timedelta

import pytest
from dealtrail.leads.v1 import accounts_pb2, leads_pb2
from dealtrail.opportunities.v1 import deals_pb2
from dealtrail.timeline.v1 import entries_pb2 as pb
from dealtrail.timeline.v1 import touchpoints_pb2

from services.kit.codec import to_timestamp
from services.kit.ids import new_id
from services.kit.testing import Refusal


def kinds(entries):
    return [entry.kind for entry in entries]


def has(*wanted):
    return lambda entries: set(wanted) <= set(kinds(entries))


async def converted(house, company, **fields):
    """A lead that was called once, then qualified and converted."""
    captured = datetime.now(UTC) - timedelta(days=9)
    request = leads_pb2.CreateLeadRequest(company="苏州某某电子", channel="展会", create_time=to_timestamp(captured))
    lead = await house(company.rep, "CreateLead", request)
    call = touchpoints_pb2.RecordTouchpointRequest(
        lead_id=lead.id, kind="PHONE", direction="OUT", occurred_time=to_timestamp(captured + timedelta(days=1))
    )
    await house(company.rep, "RecordTouchpoint", call)
    await house(company.rep, "QualifyLead", leads_pb2.QualifyLeadRequest(id=lead.id, score=80))
    return await house(company.rep, "ConvertLead", leads_pb2.ConvertLeadRequest(id=lead.id))


async def test_a_converted_lead_stands_in_its_accounts_timeline_with_all_that_came_before(house, company):
    lead = await converted(house, company)
    wanted = {"LEAD_CAPTURED", "PHONE", "LEAD_QUALIFIED", "LEAD_CONVERTED", "ACCOUNT_CREATED", "DEAL_OPENED"}
    entries = await house.timeline(company.rep, has(*wanted), account_id=lead.account_id)
    assert set(kinds(entries)) == wanted
    assert kinds(entries)[-2:] == ["PHONE", "LEAD_CAPTURED"]
    moments = [(entry.occurred_time.ToNanoseconds(), entry.id) for entry in entries]
    assert moments == sorted(moments, reverse=True)
    captured = entries[-1]
    assert (captured.account_id, captured.lead_id, captured.deal_id) == (lead.account_id, lead.id, lead.deal_id)
    assert captured.recorded_time.ToDatetime() - captured.occurred_time.ToDatetime() > timedelta(days=8)
    assert (captured.summary_zh, captured.summary_en) == ("获得线索，渠道 展会", "Lead captured by 展会")
    assert entries[-2].summary_zh == "电话，发给客户"
    of_deal = await house.timeline(company.rep, has(*wanted - {"ACCOUNT_CREATED"}), deal_id=lead.deal_id)
    assert "ACCOUNT_CREATED" not in kinds(of_deal)
    of_lead = await house.timeline(company.rep, lead_id=lead.id)
    assert kinds(of_lead)[-2:] == ["PHONE", "LEAD_CAPTURED"]


async def test_the_timeline_as_of_an_instant_holds_what_had_happened_by_then(house, company):
    lead = await converted(house, company)
    whole = await house.timeline(company.rep, has("LEAD_CONVERTED", "DEAL_OPENED"), account_id=lead.account_id)
    call = next(entry for entry in whole if entry.kind == "PHONE")
    then = await house.timeline(company.rep, account_id=lead.account_id, as_of=call.occurred_time)
    assert kinds(then) == ["PHONE", "LEAD_CAPTURED"]


async def test_a_timeline_is_narrowed_by_kind_and_category(house, company):
    lead = await converted(house, company)
    await house.timeline(company.rep, has("LEAD_CONVERTED", "DEAL_OPENED"), account_id=lead.account_id)
    calls = await house.timeline(company.rep, account_id=lead.account_id, category=pb.Entry.COMMUNICATION)
    assert kinds(calls) == ["PHONE"]
    chosen = await house.timeline(company.rep, account_id=lead.account_id, kinds=["PHONE", "LEAD_QUALIFIED"])
    assert kinds(chosen) == ["LEAD_QUALIFIED", "PHONE"]


async def test_pages_of_a_timeline_join_without_a_gap(house, company):
    lead = await converted(house, company)
    whole = await house.timeline(company.rep, has("LEAD_CONVERTED", "DEAL_OPENED"), account_id=lead.account_id)
    seen, token = [], ""
    while True:
        request = pb.ListTimelineRequest(account_id=lead.account_id, page_size=2, page_token=token)
        page = await house(company.rep, "ListTimeline", request)
        seen += page.entries
        if not (token := page.next_page_token):
            break
    assert seen == whole


async def test_who_sees_a_timeline_is_who_sees_what_it_is_about(house, company):
    lead = await converted(house, company)
    whole = await house.timeline(company.rep, has("LEAD_CONVERTED", "DEAL_OPENED"), account_id=lead.account_id)
    for who in (company.manager, company.boss):
        assert await house.timeline(who, account_id=lead.account_id) == whole
    for who in (company.other_rep, company.stranger):
        for path in ({"account_id": lead.account_id}, {"lead_id": lead.id}, {"deal_id": lead.deal_id}):
            assert await house.timeline(who, **path) == []
    assert await house.timeline(company.rep, account_id=str(new_id())) == []


async def test_the_timeline_goes_with_the_deal_to_its_next_owner(house, company):
    lead = await converted(house, company)
    await house.timeline(company.rep, has("LEAD_CONVERTED", "DEAL_OPENED"), deal_id=lead.deal_id)
    handed = deals_pb2.AssignDealRequest(id=lead.deal_id, owner_id=str(company.other_rep.user_id))
    await house(company.boss, "AssignDeal", handed)
    entries = await house.timeline(company.other_rep, has("DEAL_ASSIGNED"), deal_id=lead.deal_id)
    assert {"LEAD_CAPTURED", "PHONE", "DEAL_OPENED"} <= set(kinds(entries))
    assert await house.timeline(company.rep, deal_id=lead.deal_id) == []
    # The account stayed with its owner.
    assert kinds(await house.timeline(company.rep, account_id=lead.account_id)) == ["ACCOUNT_CREATED"]


async def test_a_timeline_of_nothing_in_particular_is_refused(house, company):
    with pytest.raises(Refusal) as refused:
        await house(company.rep, "ListTimeline", pb.ListTimelineRequest())
    assert refused.value.reason == "INVALID"
    account = accounts_pb2.CreateAccountRequest(name="某某公司")
    found = await house(company.rep, "CreateAccount", account)
    request = pb.ListTimelineRequest(account_id=found.id, deal_id=str(new_id()))
    with pytest.raises(Refusal) as refused:
        await house(company.rep, "ListTimeline", request)
    assert refused.value.reason == "INVALID"


async def test_whom_an_account_is_shared_with_sees_its_timeline_as_long_as_it_is(house, company):
    account = await house(company.rep, "CreateAccount", accounts_pb2.CreateAccountRequest(name="温州某某公司"))
    await house.timeline(company.rep, has("ACCOUNT_CREATED"), account_id=account.id)
    colleague = str(company.other_rep.user_id)
    await house(company.boss, "ShareAccount", accounts_pb2.ShareAccountRequest(id=account.id, user_ids=[colleague]))
    shared = await house.timeline(company.other_rep, has("ACCOUNT_CREATED"), account_id=account.id)
    assert "ACCOUNT_UPDATED" in kinds(shared)
    await house(company.boss, "ShareAccount", accounts_pb2.ShareAccountRequest(id=account.id))
    await house.timeline(company.other_rep, lambda entries: not entries, account_id=account.id)
    await house(company.boss, "AssignAccount", accounts_pb2.AssignAccountRequest(id=account.id, owner_id=colleague))
    await house.timeline(company.other_rep, has("ACCOUNT_CREATED"), account_id=account.id)
    assert await house.timeline(company.rep, account_id=account.id) == []
