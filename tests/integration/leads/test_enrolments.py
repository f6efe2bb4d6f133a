"""A lead is enrolled in a plan, its steps fall due and come to results, and what happens to the lead ends it."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from dealtrail.leads.v1 import (
    enrolments_pb2,
    leads_pb2,
    notices_pb2,
    nurture_plans_pb2,
    nurture_steps_pb2,
    pool_pb2,
    process_pb2,
    temperatures_pb2,
)
from dealtrail.type.v1.batch_pb2 import ItemResult

from services.kit.principal import Principal
from services.kit.testing import Refusal
from services.kit.visibility import SYSTEM
from services.leads.enrolments import operations
from services.leads.nurture_plans import operations as plans
from services.leads.nurture_plans.domain import STANDARD, NurturePlan
from services.leads.nurture_steps.operations import remind
from services.leads.working_calendar.domain import WorkingCalendar

Enrolment, Step, Lead = enrolments_pb2.Enrolment, nurture_steps_pb2.NurtureStep, leads_pb2.Lead
SETTLE = nurture_steps_pb2.SettleNurtureStepRequest
KINDS = {touch.kind: touch.category for cadence in STANDARD.cadences for touch in cadence.touches}


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


async def a_lead(leads, who, temperature=Lead.COLD, company="云杉"):
    lead = await leads(who, "CreateLead", leads_pb2.CreateLeadRequest(company=company, contact_name="张伟"))
    return await warm(leads, who, lead.id, temperature) if temperature else lead


async def warm(leads, who, lead_id, temperature, why="展会上聊过"):
    request = temperatures_pb2.SetTemperatureRequest(id=lead_id, temperature=temperature, why=why)
    return await leads(who, "SetTemperature", request)


async def enrol(leads, who, lead_id, **more):
    return await leads(who, "EnrolLead", enrolments_pb2.EnrolLeadRequest(lead_id=lead_id, **more))


async def steps(leads, who, **filters):
    return (await leads(who, "ListNurtureSteps", nurture_steps_pb2.ListNurtureStepsRequest(**filters))).steps


async def settle(leads, who, step_id, result=SETTLE.DONE, **more):
    """Without a touchpoint, for nobody serves timeline here."""
    request = SETTLE(id=step_id, result=result, without_touchpoint=True, **more)
    return await leads(who, "SettleNurtureStep", request)


def days_on(count):
    """A morning that many days after the next working day, itself worked."""
    calendar = WorkingCalendar()
    day = calendar.local_day(calendar.days_after(datetime.now(UTC), 0)) + timedelta(days=count)
    while not calendar.works_on(day):
        day += timedelta(days=1)
    return datetime.combine(day, time(2), UTC)


async def later(leads, company, count):
    """What the periodic work does that many days on, in the morning."""
    system = Principal(company.boss.tenant_id, UUID(int=0), SYSTEM, None)
    async with leads.process.database.transaction(system) as tx:
        tx.now = tx._bound["now"] = days_on(count)
        await remind(tx)


async def told(leads, who):
    found = (await leads(who, "ListNotices", notices_pb2.ListNoticesRequest(kind="NURTURE_STEP_DUE"))).notices
    return [dict(one.facts)["kind"] for one in found]


async def ended(leads, who, lead_id):
    """The reason why the newest enrolment of a lead ended, once the service has heard of the lead from itself."""
    for _ in range(1200):
        request = enrolments_pb2.ListEnrolmentsRequest(lead_id=lead_id)
        found = (await leads(who, "ListEnrolments", request)).enrolments
        if found[0].state == Enrolment.ENDED:
            return Enrolment.EndReason.Name(found[0].end_reason)
        await asyncio.sleep(0.05)
    raise AssertionError("it goes on")


async def publish(leads, who, plan):
    """What PublishNurturePlan does once timeline has said which kinds there are."""
    async with leads.process.database.transaction(who) as tx:
        return await plans.publish(tx, plan, KINDS)


async def test_each_change_of_temperature_is_kept_with_who_when_and_why(leads, company):
    lead = await a_lead(leads, company.rep)
    assert (lead.temperature, lead.HasField("temperature_time")) == (Lead.COLD, True)
    again = await warm(leads, company.rep, lead.id, Lead.COLD, "再说一次")
    assert again.version == lead.version
    await warm(leads, company.manager, lead.id, Lead.HOT, "预算已批")
    request = temperatures_pb2.ListTemperatureChangesRequest(lead_id=lead.id)
    changes = (await leads(company.rep, "ListTemperatureChanges", request)).changes
    assert [(one.from_temperature, one.temperature, one.why) for one in changes] == [
        (Lead.COLD, Lead.HOT, "预算已批"),
        (Lead.TEMPERATURE_UNSPECIFIED, Lead.COLD, "展会上聊过"),
    ]
    assert [one.changed_by for one in changes] == [str(company.manager.user_id), str(company.rep.user_id)]
    hot = await leads(company.manager, "ListLeads", leads_pb2.ListLeadsRequest(temperature=Lead.HOT))
    assert [one.id for one in hot.leads] == [lead.id]
    for who in (company.other_rep, company.stranger):
        assert await refusal(leads(who, "ListTemperatureChanges", request)) == "NOT_FOUND"
        assert await refusal(warm(leads, who, lead.id, Lead.WARM)) == "NOT_FOUND"


async def test_an_enrolled_lead_is_nurtured_and_its_steps_are_listed_with_what_to_say(leads, company):
    lead = await a_lead(leads, company.rep)
    made = await enrol(leads, company.rep, lead.id)
    assert (made.plan, made.plan_version, made.temperature, made.by_rule) == ("STANDARD", 0, Lead.COLD, False)
    found = await leads(company.rep, "GetLead", leads_pb2.GetLeadRequest(id=lead.id))
    assert found.stage == process_pb2.Passage.NURTURED
    first, *rest = await steps(leads, company.manager, lead_id=lead.id)
    touch = STANDARD.cadences[0].touches[0]
    assert (first.kind, first.script_zh, first.script_en) == (touch.kind, touch.script_zh, touch.script_en)
    assert (first.company, first.owner_id, len(rest)) == ("云杉", str(company.rep.user_id), 2)
    assert not await steps(leads, company.other_rep)
    assert await refusal(enrol(leads, company.rep, lead.id)) == "ALREADY_ENROLLED"
    assert await refusal(enrol(leads, company.other_rep, lead.id)) == "NOT_FOUND"


async def test_a_lead_is_enrolled_only_with_an_owner_and_in_a_plan_in_use_that_has_a_cadence_for_it(leads, company):
    unknown = await a_lead(leads, company.rep, None)
    assert (await enrol(leads, company.rep, unknown.id)).temperature == Lead.COLD
    lead = await a_lead(leads, company.rep)
    assert await refusal(enrol(leads, company.rep, lead.id, plan="NONE")) == "PLAN_NOT_IN_USE"
    await publish(leads, company.boss, NurturePlan("ONLY_HOT", "热线索", STANDARD.cadences[2:]))
    assert await refusal(enrol(leads, company.rep, lead.id, plan="ONLY_HOT")) == "NO_CADENCE"
    await publish(leads, company.boss, NurturePlan("ONLY_HOT", "热线索", STANDARD.cadences[2:], active=False))
    await warm(leads, company.rep, lead.id, Lead.HOT)
    assert await refusal(enrol(leads, company.rep, lead.id, plan="ONLY_HOT")) == "PLAN_NOT_IN_USE"
    await leads(company.rep, "ReturnLead", pool_pb2.ReturnLeadRequest(lead_id=lead.id, why="没有时间"))
    assert await refusal(enrol(leads, company.boss, lead.id)) in ("LEAD_OF_NOBODY", "NOT_FOUND")


async def test_a_batch_enrols_what_it_can(leads, company):
    good, bad = await a_lead(leads, company.rep), await a_lead(leads, company.other_rep, company="红松")
    items = [enrolments_pb2.EnrolLeadRequest(lead_id=one) for one in (good.id, bad.id, good.id)]
    request = enrolments_pb2.BatchEnrolLeadsRequest(enrolments=items)
    results = (await leads(company.rep, "BatchEnrolLeads", request)).results
    assert [one.outcome for one in results] == [ItemResult.CREATED, ItemResult.REFUSED, ItemResult.REFUSED]
    assert [one.reason for one in results[1:]] == ["NOT_FOUND", "ALREADY_ENROLLED"]
    get = enrolments_pb2.GetEnrolmentRequest(id=results[0].id)
    assert (await leads(company.rep, "GetEnrolment", get)).lead_id == good.id


async def test_a_rule_enrols_leads_as_somebody_says_how_warm_they_are(leads, company):
    published = await publish(leads, company.boss, NurturePlan("AUTO", "自动", STANDARD.cadences[:2], by_rule=True))
    assert (published.version, published.touches(published.cadences[0].temperature)[0].category) == (1, "COMMUNICATION")
    lead = await a_lead(leads, company.rep)
    assert lead.stage == process_pb2.Passage.NURTURED
    [made] = (await leads(company.rep, "ListEnrolments", enrolments_pb2.ListEnrolmentsRequest(plan="AUTO"))).enrolments
    assert (made.lead_id, made.by_rule, made.plan_version) == (lead.id, True, 1)
    await warm(leads, company.rep, lead.id, Lead.WARM)
    planned = await steps(leads, company.rep, state=Step.PLANNED)
    assert {one.temperature for one in planned} == {Lead.WARM}
    dropped = await steps(leads, company.rep, state=Step.DROPPED)
    assert {one.temperature for one in dropped} == {Lead.COLD}
    shown = await leads(company.rep, "GetNurturePlan", nurture_plans_pb2.GetNurturePlanRequest(code="AUTO"))
    assert shown.by_rule


async def test_what_ships_is_listed_until_the_tenant_publishes_its_own(leads, company):
    listed = await leads(company.rep, "ListNurturePlans", nurture_plans_pb2.ListNurturePlansRequest())
    assert [(one.code, one.version) for one in listed.plans] == [("STANDARD", 0)]
    await publish(leads, company.boss, NurturePlan("STANDARD", "", ()))
    listed = await leads(company.rep, "ListNurturePlans", nurture_plans_pb2.ListNurturePlansRequest())
    assert [(one.code, one.version, one.label) for one in listed.plans] == [("STANDARD", 1, "标准培育")]
    missing = nurture_plans_pb2.GetNurturePlanRequest(code="STANDARD", version=2)
    assert await refusal(leads(company.rep, "GetNurturePlan", missing)) == "NOT_FOUND"


async def test_owners_are_told_of_what_is_due_once_and_not_while_the_plan_rests(leads, company):
    lead = await a_lead(leads, company.rep)
    made = await enrol(leads, company.rep, lead.id)
    await later(leads, company, 0)
    await later(leads, company, 0)
    assert await told(leads, company.rep) == ["WECHAT"]
    await leads(company.rep, "PauseEnrolment", enrolments_pb2.PauseEnrolmentRequest(id=made.id))
    await later(leads, company, 60)
    assert await told(leads, company.rep) == ["WECHAT"]
    await leads(company.rep, "ResumeEnrolment", enrolments_pb2.ResumeEnrolmentRequest(id=made.id))
    await later(leads, company, 60)
    assert sorted(await told(leads, company.rep)) == ["EMAIL", "PHONE", "WECHAT"]
    assert await told(leads, company.manager) == []


async def test_a_step_that_the_customer_answers_warms_the_lead_up(leads, company):
    lead = await a_lead(leads, company.rep)
    await enrol(leads, company.rep, lead.id)
    first, second, _ = await steps(leads, company.rep, state=Step.PLANNED)
    done = await settle(leads, company.rep, first.id, note="已加微信")
    assert (done.state, done.note, done.settled_by) == (Step.DONE, "已加微信", str(company.rep.user_id))
    assert await refusal(settle(leads, company.rep, first.id)) == "STEP_SETTLED"
    assert await refusal(settle(leads, company.rep, second.id, SETTLE.SKIPPED)) == "SKIP_REASON_MISSING"
    assert await refusal(settle(leads, company.other_rep, second.id)) == "NOT_FOUND"
    await settle(leads, company.rep, second.id, SETTLE.ANSWERED, note="下季度要采购", temperature=Lead.WARM)
    found = await leads(company.rep, "GetLead", leads_pb2.GetLeadRequest(id=lead.id))
    assert found.temperature == Lead.WARM
    kinds = [one.kind for one in await steps(leads, company.rep, state=Step.PLANNED)]
    assert kinds == [touch.kind for touch in STANDARD.cadences[1].touches]


async def test_a_step_that_is_to_stand_in_the_timeline_waits_for_timeline(leads, company):
    lead = await a_lead(leads, company.rep)
    await enrol(leads, company.rep, lead.id)
    [first, *_] = await steps(leads, company.rep)
    request = SETTLE(id=first.id, result=SETTLE.DONE)
    assert await refusal(leads(company.rep, "SettleNurtureStep", request)) == "UNAVAILABLE"
    assert (await steps(leads, company.rep))[0].state == Step.PLANNED


async def test_steps_are_listed_by_owner_team_and_what_is_due(leads, company):
    lead = await a_lead(leads, company.rep)
    await enrol(leads, company.rep, lead.id)
    mine, team = str(company.rep.user_id), str(company.manager.team_id)
    for filters in ({"owner_id": mine}, {"team_id": team}, {"owner_id": mine, "kind": "WECHAT"}):
        assert await steps(leads, company.manager, **filters)
    assert not await steps(leads, company.manager, owner_id=str(company.manager.user_id))
    falling = await steps(leads, company.rep, order_by="due_date desc")
    assert [one.number for one in falling] == [3, 2, 1]
    assert not await steps(leads, company.rep, overdue=True)
    system = Principal(company.boss.tenant_id, UUID(int=0), SYSTEM, None)
    async with leads.process.database.transaction(system) as tx:
        await tx.begin()
        await (await tx.connected()).execute("UPDATE nurture_steps SET due_date = due_date - 60")
    late = await steps(leads, company.rep, overdue=True)
    assert [one.overdue for one in late] == [True] * 3
    assert len(await steps(leads, company.rep, due=True)) == 3
    await leads(company.rep, "EndEnrolment", enrolments_pb2.EndEnrolmentRequest(id=late[0].enrolment_id))
    assert {one.state for one in await steps(leads, company.rep)} == {Step.MISSED}


@pytest.mark.parametrize("reason", ["CONVERTED", "DISCARDED", "POOLED"])
async def test_what_ends_the_work_on_a_lead_ends_its_nurturing_and_reopening_does_not_restart_it(
    leads, company, reason
):
    lead = await a_lead(leads, company.rep)
    await enrol(leads, company.rep, lead.id)
    if reason == "CONVERTED":
        await leads(company.rep, "QualifyLead", leads_pb2.QualifyLeadRequest(id=lead.id, score=60))
        task = leads_pb2.ConvertLeadRequest(id=lead.id, target=leads_pb2.ConvertLeadRequest.TASK, due_date="2099-01-01")
        await leads(company.rep, "ConvertLead", task)
    elif reason == "DISCARDED":
        await leads(company.rep, "DiscardLead", leads_pb2.DiscardLeadRequest(id=lead.id, reason="NO_NEED"))
    else:
        await leads(company.rep, "ReturnLead", pool_pb2.ReturnLeadRequest(lead_id=lead.id, why="没有时间"))
    who = company.boss if reason == "POOLED" else company.rep
    assert await ended(leads, who, lead.id) == reason
    if reason == "DISCARDED":
        await leads(company.rep, "ReopenLead", leads_pb2.ReopenLeadRequest(id=lead.id, why="客户来电"))
        assert not await steps(leads, company.rep, state=Step.PLANNED)
        await enrol(leads, company.rep, lead.id)
        assert len(await steps(leads, company.rep, state=Step.PLANNED)) == 3


async def test_what_happened_before_a_lead_was_enrolled_anew_does_not_end_that(leads, company):
    lead = await a_lead(leads, company.rep)
    made = await enrol(leads, company.rep, lead.id)
    system = Principal(company.boss.tenant_id, UUID(int=0), SYSTEM, None)
    async with leads.process.database.transaction(system) as tx:
        await operations.end_with_lead(tx, UUID(lead.id), operations.EndReason.DISCARDED, version=1)
    get = enrolments_pb2.GetEnrolmentRequest(id=made.id)
    assert (await leads(company.rep, "GetEnrolment", get)).state == Enrolment.ACTIVE
    end = enrolments_pb2.EndEnrolmentRequest(id=made.id)
    assert (await leads(company.rep, "EndEnrolment", end)).end_reason == Enrolment.STOPPED
    assert await refusal(leads(company.rep, "EndEnrolment", end)) == "ENROLMENT_ENDED"
    assert await refusal(leads(company.other_rep, "EndEnrolment", end)) == "NOT_FOUND"


async def test_of_many_who_enrol_a_lead_at_once_one_does(leads, company):
    lead = await a_lead(leads, company.rep)
    outcomes = await asyncio.gather(*(enrol(leads, company.rep, lead.id) for _ in range(5)), return_exceptions=True)
    refused = [one.reason for one in outcomes if isinstance(one, Refusal)]
    assert refused == ["ALREADY_ENROLLED"] * 4
