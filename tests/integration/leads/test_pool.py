"""The public pool: who may take what, how often, and what returns by itself, over gRPC on real PostgreSQL."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from dealtrail.leads.v1 import leads_pb2, notices_pb2
from dealtrail.leads.v1 import pool_pb2 as pb
from dealtrail.leads.v1 import working_calendar_pb2 as calendars
from dealtrail.timeline.v1 import events_pb2 as timeline
from dealtrail.timeline.v1 import touchpoints_pb2

from services.kit.codec import to_timestamp
from services.kit.principal import Principal
from services.kit.testing import Refusal, person
from services.leads.pool_returns import operations
from services.leads.pool_returns.consumers import touch

RULES = {"daily_claims": 20, "daily_views": 200}
NOBODY = str(UUID(int=0))


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


async def rule(leads, company, **fields):
    await leads(company.boss, "SetPoolRules", pb.SetPoolRulesRequest(**(RULES | fields)))


async def lead_of(leads, who, company="上海云杉科技有限公司", **fields):
    return (await leads(who, "CreateLead", leads_pb2.CreateLeadRequest(company=company, **fields))).id


async def give_back(leads, who, lead_id):
    return await leads(who, "ReturnLead", pb.ReturnLeadRequest(lead_id=lead_id, why="跟不动了"))


async def claim(leads, who, lead_id):
    return await leads(who, "ClaimLead", pb.ClaimLeadRequest(lead_id=lead_id))


async def pooled(leads, who, **filters):
    return (await leads(who, "ListPool", pb.ListPoolRequest(**filters))).leads


async def told(leads, who):
    return [one.kind for one in (await leads(who, "ListNotices", notices_pb2.ListNoticesRequest())).notices]


async def work(leads, company, days=0):
    """The periodic work as it is done so many days from now, until nothing is left."""
    system = Principal(company.boss.tenant_id, UUID(int=0), "SYSTEM", None)
    more = True
    while more:
        async with leads.process.database.transaction(system) as tx:
            tx.now += timedelta(days=days)
            tx._bound["now"] = tx.now
            more = await operations.keep(tx)


async def test_a_lead_given_back_is_seen_masked_by_all_who_sell_and_worked_by_whoever_claims_it(leads, company):
    lead = await lead_of(leads, company.rep, contact_name="张伟", phone="138 0013 8000", channel="展会")
    await give_back(leads, company.rep, lead)
    assert await refusal(leads(company.rep, "GetLead", leads_pb2.GetLeadRequest(id=lead))) == "NOT_FOUND"
    [seen] = await pooled(leads, company.other_rep, channel="展会")
    assert (seen.lead_id, seen.reason, seen.phone, seen.contact_name) == (lead, pb.GIVEN_BACK, "", "")
    shown = await leads(company.other_rep, "ViewPooledLead", pb.ViewPooledLeadRequest(lead_id=lead))
    assert (shown.phone, shown.contact_name) == ("138****8000", "****")
    claimed = await claim(leads, company.other_rep, lead)
    assert (claimed.owner_id, claimed.contact_name) == (str(company.other_rep.user_id), "张伟")
    assert not await pooled(leads, company.rep)
    assert not await pooled(leads, company.stranger)


async def test_what_is_not_in_the_pool_can_be_neither_looked_at_nor_claimed(leads, company):
    lead = await lead_of(leads, company.rep)
    for who in (company.rep, company.other_rep, company.stranger):
        assert await refusal(claim(leads, who, lead)) == "NOT_FOUND"
        view = leads(who, "ViewPooledLead", pb.ViewPooledLeadRequest(lead_id=lead))
        assert await refusal(view) == "NOT_FOUND"
    assert await refusal(give_back(leads, company.other_rep, lead)) == "NOT_FOUND"
    await give_back(leads, company.manager, lead)
    assert await refusal(give_back(leads, company.boss, lead)) == "LEAD_IN_POOL"
    assert await told(leads, company.rep) == ["LEAD_WENT_TO_POOL"]


async def test_of_200_who_claim_a_lead_at_once_exactly_one_gets_it(leads, company):
    await rule(leads, company)
    lead = await lead_of(leads, company.rep)
    await give_back(leads, company.rep, lead)
    crowd = [person("REP", company.boss.tenant_id) for _ in range(200)]
    outcomes = await asyncio.gather(*(claim(leads, who, lead) for who in crowd), return_exceptions=True)
    won = [(who, one) for who, one in zip(crowd, outcomes, strict=True) if not isinstance(one, Exception)]
    assert len(won) == 1
    assert won[0][1].owner_id == str(won[0][0].user_id)
    assert {one.reason for one in outcomes if isinstance(one, Refusal)} <= {
        "NOT_FOUND",
        "COMMAND_IN_FLIGHT",
        "UNAVAILABLE",
    }
    assert (await leads(company.boss, "GetLead", leads_pb2.GetLeadRequest(id=lead))).version == 3


@pytest.mark.parametrize(
    ("rules", "reason"),
    [({"daily_claims": 3}, "DAILY_CLAIMS_EXHAUSTED"), ({"holding_quota": 3}, "HOLDING_QUOTA_REACHED")],
)
async def test_a_limit_holds_however_many_claims_come_at_once(leads, company, rules, reason):
    await rule(leads, company, **rules)
    lying = [await lead_of(leads, company.rep) for _ in range(20)]
    await asyncio.gather(*(give_back(leads, company.rep, lead) for lead in lying))
    claims = (claim(leads, company.other_rep, lead) for lead in lying)
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    assert len([one for one in outcomes if not isinstance(one, Exception)]) == 3
    assert {one.reason for one in outcomes if isinstance(one, Refusal)} == {reason}
    assert len(await pooled(leads, company.rep)) == 17


async def test_whoever_gave_a_lead_back_waits_before_claiming_it_again_and_others_do_not(leads, company):
    await rule(leads, company, cool_down_days=2)
    lead = await lead_of(leads, company.rep)
    await give_back(leads, company.rep, lead)
    assert await refusal(claim(leads, company.rep, lead)) == "COOLING_DOWN"
    await claim(leads, company.other_rep, lead)
    await give_back(leads, company.other_rep, lead)
    assert await refusal(claim(leads, company.rep, lead)) == "COOLING_DOWN"
    await rule(leads, company)
    assert (await claim(leads, company.rep, lead)).owner_id == str(company.rep.user_id)


async def test_one_may_look_at_so_many_leads_a_day_and_at_each_again(leads, company):
    await rule(leads, company, daily_views=2)
    lying = [await lead_of(leads, company.rep) for _ in range(3)]
    for lead in lying:
        await give_back(leads, company.rep, lead)

    def view(lead):
        return leads(company.other_rep, "ViewPooledLead", pb.ViewPooledLeadRequest(lead_id=lead))

    outcomes = await asyncio.gather(*(view(lead) for lead in lying), return_exceptions=True)
    refused = [lying[n] for n, one in enumerate(outcomes) if isinstance(one, Refusal)]
    assert len(refused) == 1
    assert await refusal(view(refused[0])) == "POOL_VIEWS_EXHAUSTED"
    await view(next(lead for lead in lying if lead not in refused))


async def test_an_untouched_lead_returns_after_its_owner_was_told(leads, company):
    await rule(leads, company, idle_days=5, notice_days=2)
    lead = await lead_of(leads, company.rep)
    await work(leads, company)
    assert await told(leads, company.rep) == []
    await work(leads, company, days=7)
    assert await told(leads, company.rep) == ["LEAD_WILL_RETURN"]
    assert not await pooled(leads, company.other_rep)
    await work(leads, company, days=7)
    assert await told(leads, company.rep) == ["LEAD_WILL_RETURN"]
    await work(leads, company, days=14)
    [seen] = await pooled(leads, company.other_rep)
    assert (seen.lead_id, seen.reason) == (lead, pb.IDLE)
    assert await told(leads, company.rep) == ["LEAD_WENT_TO_POOL", "LEAD_WILL_RETURN"]


async def test_a_touchpoint_after_the_notice_keeps_the_lead_with_its_owner(leads, company):
    await rule(leads, company, idle_days=5, notice_days=2)
    lead = await lead_of(leads, company.rep)
    await work(leads, company, days=7)
    async with leads.process.database.transaction(company.boss) as tx:
        touched = touchpoints_pb2.Touchpoint(lead_id=lead, occurred_time=to_timestamp(tx.now + timedelta(days=8)))
        await touch(tx, timeline.TouchpointRecorded(touchpoint=touched), None)
    await work(leads, company, days=12)
    assert not await pooled(leads, company.other_rep)


async def test_a_lead_that_is_not_converted_in_time_returns_whatever_was_done_about_it(leads, company):
    await rule(leads, company, conversion_days=20, notice_days=2)
    lead = await lead_of(leads, company.rep)
    await work(leads, company, days=30)
    await leads(company.rep, "QualifyLead", leads_pb2.QualifyLeadRequest(id=lead, score=9))
    await work(leads, company, days=45)
    [seen] = await pooled(leads, company.other_rep)
    assert seen.reason == pb.UNCONVERTED


async def test_of_more_leads_than_one_may_hold_the_longest_untouched_returns(leads, company):
    lying = [await lead_of(leads, company.rep) for _ in range(3)]
    await leads(company.rep, "QualifyLead", leads_pb2.QualifyLeadRequest(id=lying[0], score=9))
    await rule(leads, company, holding_quota=2, notice_days=1)
    await work(leads, company)
    assert not await pooled(leads, company.rep)
    await work(leads, company, days=5)
    [seen] = await pooled(leads, company.other_rep)
    assert (seen.lead_id, seen.reason) == (lying[1], pb.OVER_QUOTA)


async def test_a_notice_that_is_longer_than_the_deadline_is_refused(leads, company):
    assert await refusal(rule(leads, company, idle_days=2, notice_days=2)) == "NOTICE_TOO_LONG"


async def test_nothing_returns_where_nobody_ever_works(leads, company):
    await rule(leads, company, idle_days=5, notice_days=2)
    never = calendars.SetWorkingCalendarRequest(hours=[calendars.Span(begin="09:00", end="18:00")])
    await leads(company.boss, "SetWorkingCalendar", never)
    await lead_of(leads, company.rep)
    await work(leads, company, days=90)
    assert await told(leads, company.rep) == []


@pytest.mark.parametrize(
    "rules",
    [{"idle_days": 5}, {"conversion_days": 5}, {"holding_quota": 1}],
    ids=["idle", "unconverted", "over_quota"],
)
async def test_an_exclusive_lead_never_returns_and_nobody_is_told_that_it_will(leads, company, left, rules):
    for phone in ("138 0013 8001", "138 0013 8002"):
        assert (await left(phone)).exclusive
    await rule(leads, company, notice_days=2, **rules)
    for days in (10, 30):
        await work(leads, company, days=days)
    assert await told(leads, company.rep) == []
    assert not await pooled(leads, company.other_rep)
