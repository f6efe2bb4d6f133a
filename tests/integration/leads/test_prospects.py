"""The small funnel: what makes a lead of a prospect, and what a deal asks for, over gRPC on real PostgreSQL."""

import pytest
from dealtrail.leads.v1 import leads_pb2
from dealtrail.leads.v1 import prospects_pb2 as pb

from services.kit.testing import Refusal
from services.leads.interests.operations import before_deal


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


async def find(leads, who, **fields):
    told = {"company": "上海云杉科技有限公司", "region": "华东/上海", "channel": "名录"} | fields
    return await leads(who, "CreateProspect", pb.CreateProspectRequest(**told))


async def promote(leads, who, prospect, **fields):
    return await leads(who, "PromoteProspect", pb.PromoteProspectRequest(id=prospect.id, **fields))


async def qualified(leads, who):
    lead = await leads(who, "CreateLead", leads_pb2.CreateLeadRequest(company="上海云杉科技有限公司"))
    return (await leads(who, "QualifyLead", leads_pb2.QualifyLeadRequest(id=lead.id, score=70))).id


async def test_a_prospect_becomes_a_lead_once_somebody_can_be_reached(leads, company):
    prospect = await find(leads, company.rep)
    assert await refusal(promote(leads, company.rep, prospect, contact_name="张伟")) == "WAY_TO_REACH_MISSING"
    promoted = await promote(leads, company.rep, prospect, contact_name="张伟", phone="138 0013 8000")
    assert promoted.status == pb.PROMOTED
    lead = await leads(company.rep, "GetLead", leads_pb2.GetLeadRequest(id=promoted.lead_id))
    assert (lead.company, lead.channel, lead.phone) == (prospect.company, "名录", "138****8000")
    assert dict(lead.attributes) == {"region": "华东/上海"}
    assert await promote(leads, company.rep, prospect) == promoted


async def test_the_tenant_says_what_a_promotion_asks_for(leads, company):
    rules = pb.SetPromotionRulesRequest(need_contact_name=True)
    await leads(company.boss, "SetPromotionRules", rules)
    prospect = await find(leads, company.rep)
    assert await refusal(promote(leads, company.rep, prospect, phone="13800138000")) == "CONTACT_NAME_MISSING"
    assert (await promote(leads, company.rep, prospect, contact_name="张伟")).status == pb.PROMOTED


async def test_a_prospect_that_was_set_aside_stays_there_and_others_do_not_see_it(leads, company):
    prospect = await find(leads, company.rep)
    assert await refusal(promote(leads, company.other_rep, prospect, phone="13800138000")) == "NOT_FOUND"
    await leads(company.rep, "SetProspectAside", pb.SetProspectAsideRequest(id=prospect.id))
    assert await refusal(promote(leads, company.rep, prospect, phone="13800138000")) == "PROSPECT_NOT_OPEN"
    found = await leads(company.rep, "ListProspects", pb.ListProspectsRequest(status=pb.SET_ASIDE, q="云杉"))
    assert [one.id for one in found.prospects] == [prospect.id]
    assert not (await leads(company.other_rep, "ListProspects", pb.ListProspectsRequest())).prospects


async def test_a_prospect_recorded_again_under_its_id_is_answered_as_it_is(leads, company):
    first = await find(leads, company.rep)
    assert await find(leads, company.rep, id=first.id, company="另一家") == first
    assert await refusal(find(leads, company.other_rep, id=first.id)) == "PROSPECT_ID_TAKEN"


async def test_a_deal_asks_for_a_contact_role_with_an_interest_where_the_tenant_says_so(leads, company):
    lead = await qualified(leads, company.rep)

    async def may_become_a_deal(**fields):
        """What a conversion does before it opens the deal, which nobody serves here."""
        async with leads.process.database.transaction(company.rep) as tx:
            await before_deal(tx, leads_pb2.ConvertLeadRequest(id=lead, **fields))

    await may_become_a_deal()
    await leads(company.boss, "SetPromotionRules", pb.SetPromotionRulesRequest(need_interest=True))
    convert = leads_pb2.ConvertLeadRequest(id=lead)
    assert await refusal(leads(company.rep, "ConvertLead", convert)) == "INTEREST_MISSING"
    await may_become_a_deal(interest_role=pb.DECISION_MAKER, interest_topic="产线升级")
    interest = pb.RecordInterestRequest(lead_id=lead, role=pb.END_USER, topic="减少停机")
    await leads(company.rep, "RecordInterest", interest)
    await may_become_a_deal()
    found = await leads(company.manager, "ListInterests", pb.ListInterestsRequest(lead_id=lead))
    assert [(one.role, one.topic) for one in found.interests] == [
        (pb.END_USER, "减少停机"),
        (pb.DECISION_MAKER, "产线升级"),
    ]


async def test_an_interest_is_recorded_by_whoever_sees_the_lead_and_while_it_is_open(leads, company):
    lead = await qualified(leads, company.rep)
    interest = pb.RecordInterestRequest(lead_id=lead, role=pb.COACH, topic="样机")
    assert await refusal(leads(company.other_rep, "RecordInterest", interest)) == "NOT_FOUND"
    assert (
        await refusal(leads(company.other_rep, "ListInterests", pb.ListInterestsRequest(lead_id=lead))) == "NOT_FOUND"
    )
    await leads(company.rep, "DiscardLead", leads_pb2.DiscardLeadRequest(id=lead, reason="NO_BUDGET"))
    assert await refusal(leads(company.rep, "RecordInterest", interest)) == "LEAD_NOT_OPEN"
