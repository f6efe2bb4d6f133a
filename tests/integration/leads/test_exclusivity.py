"""A lead that came by a rep's own link is the rep's alone, over gRPC and in the database itself."""

import asyncpg
import pytest
from dealtrail.leads.v1 import consents_pb2, exclusivity_pb2
from dealtrail.leads.v1 import leads_pb2 as pb

from services.kit import store
from services.kit.testing import Refusal
from services.kit.visibility import EVERYTHING


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


def others(company):
    return company.manager, company.boss, company.other_rep, company.stranger


async def test_an_exclusive_lead_exists_for_its_rep_alone(leads, company, left):
    lead = await left()
    assert (lead.exclusive, lead.owner_id) == (True, str(company.rep.user_id))
    worked = await leads(company.rep, "QualifyLead", pb.QualifyLeadRequest(id=lead.id, score=80))
    assert worked.status == pb.Lead.QUALIFIED
    for who in others(company):
        assert await refusal(leads(who, "GetLead", pb.GetLeadRequest(id=lead.id))) == "NOT_FOUND"
        assert await refusal(leads(who, "RevealLead", pb.RevealLeadRequest(id=lead.id, purpose="约访"))) == "NOT_FOUND"
        assert await refusal(leads(who, "DiscardLead", pb.DiscardLeadRequest(id=lead.id, reason="JUNK"))) == "NOT_FOUND"
        assert not (await leads(who, "ListLeads", pb.ListLeadsRequest())).leads
        assert not (await leads(who, "ListLeads", pb.ListLeadsRequest(q="云杉"))).leads
        asked = consents_pb2.ListConsentsRequest(person_id=lead.id)
        assert await refusal(leads(who, "ListConsents", asked)) == "NOT_FOUND"


async def test_not_even_its_rep_hands_it_over_or_shares_it(leads, company, left):
    lead = await left()
    mate = str(company.manager.user_id)
    assert (
        await refusal(leads(company.rep, "AssignLead", pb.AssignLeadRequest(id=lead.id, owner_id=mate)))
        == "LEAD_EXCLUSIVE"
    )
    assert (
        await refusal(leads(company.rep, "ShareLead", pb.ShareLeadRequest(id=lead.id, user_ids=[mate])))
        == "LEAD_EXCLUSIVE"
    )


async def test_others_count_exclusive_leads_of_the_people_whose_rows_they_see(leads, company, left):
    await left("138 0013 8001")
    await left("138 0013 8002")
    request = exclusivity_pb2.CountExclusiveLeadsRequest()
    for who in (company.rep, company.manager, company.boss):
        [owner] = (await leads(who, "CountExclusiveLeads", request)).owners
        assert (owner.owner_id, owner.open, owner.converted) == (str(company.rep.user_id), 2, 0)
    for who in (company.other_rep, company.stranger):
        assert not (await leads(who, "CountExclusiveLeads", request)).owners


async def test_a_manager_ends_an_exclusivity_with_a_reason(leads, company, left):
    lead = await left()
    why = exclusivity_pb2.OverrideExclusivityRequest(id=lead.id, purpose="王芳离职交接")
    assert await refusal(leads(company.rep, "OverrideExclusivity", why)) == "ROLE_NOT_ALLOWED"
    assert await refusal(leads(company.stranger, "OverrideExclusivity", why)) == "NOT_FOUND"
    silent = exclusivity_pb2.OverrideExclusivityRequest(id=lead.id)
    assert await refusal(leads(company.manager, "OverrideExclusivity", silent)) == "INVALID"
    freed = await leads(company.manager, "OverrideExclusivity", why)
    assert (freed.exclusive, freed.owner_id, freed.version) == (False, lead.owner_id, 2)
    assert (await leads(company.boss, "GetLead", pb.GetLeadRequest(id=lead.id))).id == lead.id
    assert await refusal(leads(company.manager, "OverrideExclusivity", why)) == "LEAD_NOT_EXCLUSIVE"


async def test_an_override_may_hand_the_lead_over(leads, company, left):
    lead = await left()
    to = exclusivity_pb2.OverrideExclusivityRequest(
        id=lead.id, purpose="转给区域销售", owner_id=str(company.other_rep.user_id)
    )
    assert await refusal(leads(company.manager, "OverrideExclusivity", to)) == "UNKNOWN_OWNER"
    assert (await leads(company.boss, "OverrideExclusivity", to)).owner_id == str(company.other_rep.user_id)
    assert await refusal(leads(company.rep, "GetLead", pb.GetLeadRequest(id=lead.id))) == "NOT_FOUND"


async def seen_in_the_database(leads, tenant_id, me):
    connection = await asyncpg.connect(leads.access.app)
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL app.tenant = '{tenant_id}'; SET LOCAL app.me = '{me}'")
            return await connection.fetchval("SELECT count(*) FROM leads")
    finally:
        await connection.close()


async def test_the_database_itself_shows_an_exclusive_lead_to_nobody_else(leads, company, left):
    await left()
    tenant = company.rep.tenant_id
    assert await seen_in_the_database(leads, tenant, company.rep.user_id) == 1
    assert await seen_in_the_database(leads, tenant, company.boss.user_id) == 0
    assert await seen_in_the_database(leads, tenant, "") == 0
    assert await seen_in_the_database(leads, tenant, "*") == 1


async def test_a_store_that_forgets_exclusivity_is_held_back_by_the_database(leads, company, left, monkeypatch):
    """The planted bug: a get that reaches everything."""
    lead = await left()
    monkeypatch.setattr(store, "reach", lambda principal: EVERYTHING)
    assert await refusal(leads(company.boss, "GetLead", pb.GetLeadRequest(id=lead.id))) == "NOT_FOUND"
