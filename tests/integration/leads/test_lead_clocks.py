"""Leads that wait beyond their limit: the rep is told, then the manager, who is handed what nobody decided."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from dealtrail.leads.v1 import lead_clocks_pb2, leads_pb2, notices_pb2, sla_policies_pb2

from services.kit import roster
from services.kit.errors import Conflict
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.testing import Refusal
from services.kit.visibility import SYSTEM
from services.leads.lead_clocks import operations
from services.leads.lead_clocks.domain import Standing
from services.leads.lead_clocks.store import known
from services.leads.leads.domain import Lead
from services.leads.leads.refusals import LeadNotOpen


@pytest.fixture
async def lead(leads, company):
    """A lead of the rep's, whose clock runs by a policy that hands it to the manager in the end."""
    policy = sla_policies_pb2.SetSlaPolicyRequest(
        code="ALL",
        response_minutes=30,
        escalate_minutes=30,
        disposition_days=2,
        manager_id=str(company.manager.user_id),
        reassign=True,
        active=True,
    )
    kept = await leads(company.boss, "SetSlaPolicy", policy)
    assert kept.manager_team_id == str(company.manager.team_id)
    created = await leads(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company="云杉"))
    await clock(leads, company.rep, created.id)
    return created.id


async def clock(leads, who, lead_id):
    """The clock, once the service has heard of the lead from itself."""
    for _ in range(1200):
        try:
            return await leads(who, "GetLeadClock", lead_clocks_pb2.GetLeadClockRequest(lead_id=lead_id))
        except Refusal:
            await asyncio.sleep(0.05)
    raise AssertionError("no clock")


async def later(leads, company, days):
    """What the periodic work does after so many days."""
    system = Principal(company.boss.tenant_id, UUID(int=0), SYSTEM, None)
    async with leads.process.database.transaction(system) as tx:
        tx.now += timedelta(days=days)
        await operations.tell_due(tx)


async def told(leads, who):
    found = (await leads(who, "ListNotices", notices_pb2.ListNoticesRequest())).notices
    return sorted(one.kind for one in found)


async def test_the_rep_and_then_the_manager_hear_of_a_lead_that_nobody_decides(leads, company, lead):
    assert (await clock(leads, company.rep, lead)).HasField("respond_by")
    await later(leads, company, 30)
    assert await told(leads, company.rep) == ["LEAD_UNANSWERED", "LEAD_UNDECIDED"]
    assert await told(leads, company.manager) == ["LEAD_HANDED_OVER", "LEAD_UNANSWERED", "LEAD_UNDECIDED"]
    handed = await leads(company.manager, "GetLead", leads_pb2.GetLeadRequest(id=lead))
    assert handed.owner_id == str(company.manager.user_id)
    listed = await leads(company.manager, "ListOverdueLeads", lead_clocks_pb2.ListOverdueLeadsRequest())
    assert [one.lead_id for one in listed.clocks] == [lead]
    await later(leads, company, 30)
    assert await told(leads, company.rep) == ["LEAD_UNANSWERED", "LEAD_UNDECIDED"]


async def test_a_touch_and_a_lead_that_arrive_at_once_undo_each_other_nowhere(leads, company):
    """They come by two streams: who finds no clock, and then finds one begun, does it again."""
    system = Principal(company.boss.tenant_id, UUID(int=0), SYSTEM, None)
    lead_id, database = new_id(), leads.process.database
    began = datetime.now(UTC) - timedelta(hours=1)
    standing = Standing(
        id=lead_id,
        version=1,
        owner_id=company.rep.user_id,
        team_id=company.rep.team_id,
        channel="",
        undecided=True,
        capture_time=began,
        at=began,
        told=began,
    )

    async def captured():
        async with database.transaction(system) as tx:
            await operations.follow(tx, [standing])

    async with database.transaction(system) as tx:
        await operations.touched(tx, [(lead_id, began + timedelta(minutes=5))])
        beside = asyncio.create_task(captured())
        await asyncio.wait([beside], timeout=0.3)
        assert not beside.done()
    with pytest.raises(Conflict):
        await beside
    await captured()
    async with database.transaction(system) as tx:
        (clock,) = (await known(tx, [lead_id])).values()
    assert (clock.first_touch_time, clock.start_time) == (began + timedelta(minutes=5), began)


async def test_a_lead_that_was_answered_and_decided_is_nobodys_delay(leads, company, lead):
    system = Principal(company.boss.tenant_id, UUID(int=0), SYSTEM, None)
    async with leads.process.database.transaction(system) as tx:
        await operations.touched(tx, [(UUID(lead), tx.now + timedelta(hours=1))])
    await leads(company.rep, "QualifyLead", leads_pb2.QualifyLeadRequest(id=lead, score=60))
    while not (found := await clock(leads, company.rep, lead)).HasField("disposed_time"):
        await asyncio.sleep(0.05)
    assert found.HasField("first_touch_time")
    assert not found.HasField("due_time")
    await later(leads, company, 30)
    assert await told(leads, company.rep) == []


async def test_a_lead_that_may_not_leave_its_owner_keeps_nobody_from_hearing_of_it(leads, company, lead, monkeypatch):
    def stay(*_):
        raise LeadNotOpen(status="NEW")

    with monkeypatch.context() as held:
        held.setattr(Lead, "assign", stay)
        await later(leads, company, 30)
    assert await told(leads, company.manager) == ["LEAD_UNANSWERED", "LEAD_UNDECIDED"]
    kept = await leads(company.rep, "GetLead", leads_pb2.GetLeadRequest(id=lead))
    assert kept.owner_id == str(company.rep.user_id)


async def test_a_clock_is_seen_with_its_lead(leads, company, lead):
    for who in (company.other_rep, company.stranger):
        with pytest.raises(Refusal, match="NOT_FOUND"):
            await leads(who, "GetLeadClock", lead_clocks_pb2.GetLeadClockRequest(lead_id=lead))


async def test_a_policy_of_a_team_that_nobody_founded_is_refused_and_one_may_be_taken_out_of_use(leads, company):
    team = new_id()
    policy = sla_policies_pb2.SetSlaPolicyRequest(
        code="TEAM", team_id=str(team), manager_id=str(company.manager.user_id), active=True
    )
    with pytest.raises(Refusal, match="UNKNOWN_TEAM"):
        await leads(company.boss, "SetSlaPolicy", policy)
    async with leads.process.database.transaction(company.stranger) as tx:
        await tx.execute(roster.KEEP_TEAM, team_id=team, parent_id=None, version=1)
    with pytest.raises(Refusal, match="UNKNOWN_TEAM"):  # another tenant's is none
        await leads(company.boss, "SetSlaPolicy", policy)
    policy.active = False
    await leads(company.boss, "SetSlaPolicy", policy)
    async with leads.process.database.transaction(company.boss) as tx:
        await tx.execute(roster.KEEP_TEAM, team_id=team, parent_id=None, version=1)
    policy.active = True
    assert (await leads(company.boss, "SetSlaPolicy", policy)).team_id == str(team)
