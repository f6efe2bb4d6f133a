"""A lead goes through the stages of the process, is listed by them, and goes back with what is undone."""

import asyncio
from uuid import UUID

import pytest
from dealtrail.leads.v1 import leads_pb2 as pb
from dealtrail.leads.v1 import pool_pb2, process_pb2

from services.kit.principal import Principal
from services.kit.visibility import SYSTEM
from services.leads.process import operations

Stage = process_pb2.Passage.Stage


@pytest.fixture
async def lead(leads, company):
    """A lead of the rep's own."""
    return await leads(company.rep, "CreateLead", pb.CreateLeadRequest(company="云杉"))


async def touch(leads, company, lead_id):
    """What the service does when it hears that somebody got in touch."""
    system = Principal(company.boss.tenant_id, UUID(int=0), SYSTEM, None)
    async with leads.process.database.transaction(system) as tx:
        await operations.touched(tx, [UUID(lead_id)])


async def found(leads, who, lead_id):
    return await leads(who, "GetLead", pb.GetLeadRequest(id=lead_id))


def passages(lead):
    return [Stage.Name(one.stage) for one in lead.stages]


async def test_a_lead_is_collected_verified_distributed_nurtured_and_converted(leads, company, lead):
    assert (lead.stage, lead.stage_time, passages(lead)) == (Stage.COLLECTED, lead.create_time, [])
    await leads(company.rep, "QualifyLead", pb.QualifyLeadRequest(id=lead.id, score=80))
    assigned = pb.AssignLeadRequest(id=lead.id, owner_id=str(company.manager.user_id))
    lead = await leads(company.manager, "AssignLead", assigned)
    assert passages(lead) == ["VERIFIED", "DISTRIBUTED"]
    await touch(leads, company, lead.id)
    await touch(leads, company, lead.id)
    lead = await found(leads, company.manager, lead.id)
    task = pb.ConvertLeadRequest(id=lead.id, target=pb.ConvertLeadRequest.TASK, due_date="2099-01-01")
    lead = await leads(company.manager, "ConvertLead", task)
    assert passages(lead) == ["VERIFIED", "DISTRIBUTED", "NURTURED", "CONVERTED"]
    assert lead.stage_time == lead.stages[-1].enter_time
    assert [one.enter_time.ToDatetime() for one in lead.stages] == sorted(
        one.enter_time.ToDatetime() for one in lead.stages
    )


async def test_a_closed_lead_that_is_reopened_stands_where_it_stood(leads, company, lead):
    await touch(leads, company, lead.id)
    closed = await leads(company.rep, "DiscardLead", pb.DiscardLeadRequest(id=lead.id, reason="NO_NEED"))
    await touch(leads, company, lead.id)
    again = await leads(company.rep, "ReopenLead", pb.ReopenLeadRequest(id=lead.id, why="客户主动来电"))
    assert (closed.stage, again.stage) == (Stage.CLOSED, Stage.NURTURED)
    assert passages(again) == ["NURTURED", "CLOSED", "NURTURED"]


async def test_a_lead_that_returns_to_the_pool_is_collected_until_somebody_claims_it(leads, company, lead):
    await touch(leads, company, lead.id)
    await leads(company.rep, "ReturnLead", pool_pb2.ReturnLeadRequest(lead_id=lead.id, why="没有时间"))
    await touch(leads, company, lead.id)
    claimed = await leads(company.other_rep, "ClaimLead", pool_pb2.ClaimLeadRequest(lead_id=lead.id))
    assert passages(claimed) == ["NURTURED", "COLLECTED", "DISTRIBUTED"]


async def test_a_lead_that_is_recorded_for_somebody_else_is_distributed_from_the_start(leads, company):
    request = pb.CreateLeadRequest(company="红松", owner_id=str(company.rep.user_id))
    lead = await leads(company.manager, "CreateLead", request)
    assert (lead.stage, lead.stage_time) == (Stage.DISTRIBUTED, lead.create_time)


async def test_leads_are_listed_by_stage(leads, company, lead):
    other = await leads(company.rep, "CreateLead", pb.CreateLeadRequest(company="红松"))
    await touch(leads, company, other.id)
    for stage, identity in ((Stage.COLLECTED, lead.id), (Stage.NURTURED, other.id)):
        listed = await leads(company.manager, "ListLeads", pb.ListLeadsRequest(stage=stage))
        assert [one.id for one in listed.leads] == [identity]
    assert not (await leads(company.other_rep, "ListLeads", pb.ListLeadsRequest(stage=Stage.COLLECTED))).leads


async def test_two_who_hear_of_the_first_touch_at_once_note_it_once(leads, company, lead):
    await asyncio.gather(*(touch(leads, company, lead.id) for _ in range(5)))
    lead = await found(leads, company.rep, lead.id)
    assert (lead.version, passages(lead)) == (2, ["NURTURED"])
