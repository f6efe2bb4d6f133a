"""Who gets a lead and why, over gRPC on real PostgreSQL."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from dealtrail.leads.v1 import assignment_pb2 as pb
from dealtrail.leads.v1 import leads_pb2, notices_pb2
from dealtrail.leads.v1 import working_calendar_pb2 as calendars

from services.kit import roster
from services.kit.codec import to_timestamp
from services.kit.ids import new_id
from services.kit.testing import Refusal, person

ALWAYS = calendars.SetWorkingCalendarRequest(hours=[calendars.Span(begin="00:00", end="24:00")], weekdays=range(1, 8))
NEVER = calendars.SetWorkingCalendarRequest(hours=[calendars.Span(begin="00:00", end="24:00")])


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


def member(who, weight=1):
    return pb.AssignmentMember(user_id=str(who.user_id), weight=weight)


def rule(name, *members, **fields):
    return pb.AssignmentRule(name=name, members=members, **fields)


@pytest.fixture
async def office(leads, company):
    """Somebody always works; `await office(rule, …)` sets the rules."""
    await leads(company.boss, "SetWorkingCalendar", ALWAYS)

    async def keep(*rules, **fields):
        return await leads(company.boss, "SetAssignmentRules", pb.SetAssignmentRulesRequest(rules=rules, **fields))

    return keep


async def capture(leads, who, **fields):
    return await leads(who, "CreateLead", leads_pb2.CreateLeadRequest(company=f"云杉{new_id()}", **fields))


async def preview(leads, who, **fields):
    return await leads(who, "PreviewAssignment", pb.PreviewAssignmentRequest(**fields))


async def test_a_lead_goes_to_whom_the_first_rule_that_fits_chooses_and_both_are_told_why(leads, company, office):
    await office(
        rule("华东", member(company.rep), regions=["华东"]), rule("其余", member(company.other_rep)), automatic=True
    )
    lead = await capture(leads, company.manager, attributes={"region": "华东/上海"})
    assert lead.owner_id == str(company.rep.user_id)
    other = await capture(leads, company.boss, channel="展会")
    assert other.owner_id == str(company.other_rep.user_id)
    log = await leads(company.rep, "ListAssignments", pb.ListAssignmentsRequest(lead_id=lead.id))
    [entry] = log.assignments
    assert (entry.reason, entry.rule, entry.rules_version, entry.capacity) == (pb.RULE, "华东", 1, 30)
    assert (entry.user_id, entry.actor_id) == (lead.owner_id, str(company.manager.user_id))
    notices = (await leads(company.rep, "ListNotices", notices_pb2.ListNoticesRequest())).notices
    assert [one.kind for one in notices] == ["LEAD_ASSIGNED_BY_RULE"]
    assert await refusal(leads(company.other_rep, "ListAssignments", pb.ListAssignmentsRequest(lead_id=lead.id)))


async def test_nothing_is_assigned_where_the_tenant_has_not_asked_for_it_or_an_owner_is_named(leads, company, office):
    everybody = rule("其余", member(company.other_rep))
    await office(everybody)
    assert (await capture(leads, company.rep)).owner_id == str(company.rep.user_id)
    await office(everybody, automatic=True)
    own = await capture(leads, company.rep, owner_id=str(company.rep.user_id))
    assert own.owner_id == str(company.rep.user_id)


async def test_a_lead_recorded_again_under_its_id_takes_no_second_turn(leads, company, office):
    await office(rule("轮流", member(company.rep), member(company.other_rep)), automatic=True)
    asked = {"id": str(new_id())}
    first = await capture(leads, company.boss, **asked)
    again = await capture(leads, company.boss, **asked)
    assert (again.owner_id, again.version) == (first.owner_id, 2)
    assert (await preview(leads, company.boss)).user_id != first.owner_id


async def test_shares_follow_the_weights_however_many_leads_come_at_once(leads, company, office):
    await office(rule("轮流", member(company.rep, 3), member(company.other_rep, 2)), automatic=True, capacity=1000)
    owners = Counter()
    for batch in (7, 13, 20):
        found = await asyncio.gather(*(capture(leads, company.boss) for _ in range(batch)))
        owners.update(lead.owner_id for lead in found)
        total = owners.total()
        assert abs(owners[str(company.rep.user_id)] - total * 3 / 5) < 1
        assert abs(owners[str(company.other_rep.user_id)] - total * 2 / 5) < 1


async def test_nobody_gets_more_than_their_capacity_and_then_the_next_rule_decides(leads, company, office):
    await office(
        rule("专人", member(company.rep)), rule("其余", member(company.other_rep)), automatic=True, capacity=1000
    )
    load = pb.SetWorkloadRequest(user_id=str(company.rep.user_id), capacity=3)
    await leads(company.boss, "SetWorkload", load)
    found = await asyncio.gather(*(capture(leads, company.boss) for _ in range(10)))
    assert Counter(lead.owner_id for lead in found)[str(company.rep.user_id)] == 3
    seen = await preview(leads, company.boss)
    assert (seen.rule, list(seen.passed_over)) == ("其余", ["专人"])
    loads = (await leads(company.boss, "ListWorkloads", pb.ListWorkloadsRequest())).workloads
    by_user = {one.user_id: (one.open_leads, one.capacity, one.utilisation, one.load) for one in loads}
    assert by_user[str(company.rep.user_id)] == (3, 3, "1.0000", pb.NORMAL)
    assert by_user[str(company.other_rep.user_id)] == (7, 1000, "0.0070", pb.UNDER)


async def workloads(leads, who, **fields):
    answer = await leads(who, "ListWorkloads", pb.ListWorkloadsRequest(**fields))
    return answer, {one.user_id: one for one in answer.workloads}


async def test_a_boss_sees_all_workloads_a_manager_those_of_the_teams_below_and_a_rep_the_own(
    leads, company, roster_known
):
    rep, other = str(company.rep.user_id), str(company.other_rep.user_id)
    shared = await capture(leads, company.other_rep)
    share = leads_pb2.ShareLeadRequest(id=shared.id, user_ids=[rep])
    await leads(company.boss, "ShareLead", share)
    assert set((await workloads(leads, company.boss))[1]) == {rep, other}
    assert set((await workloads(leads, company.manager))[1]) == {rep}
    assert set((await workloads(leads, company.rep))[1]) == {rep}
    elsewhere = str(company.other_rep.team_id)
    assert set((await workloads(leads, company.boss, team_id=elsewhere))[1]) == {other}
    assert not (await workloads(leads, company.manager, team_id=elsewhere))[1]


async def test_a_workload_says_who_has_no_capacity_of_their_own_who_is_absent_and_opens_its_leads(
    leads, company, roster_known
):
    rep, other = str(company.rep.user_id), str(company.other_rep.user_id)
    held = [(await capture(leads, company.rep)).id for _ in range(3)]
    gone = leads_pb2.DiscardLeadRequest(id=(await capture(leads, company.rep)).id, reason="DUPLICATE")
    await leads(company.rep, "DiscardLead", gone)
    await leads(company.boss, "SetWorkload", pb.SetWorkloadRequest(user_id=rep, capacity=2))
    away = pb.Absence(first_day="2020-01-01", last_day="2090-01-01")
    await leads(company.boss, "SetWorkload", pb.SetWorkloadRequest(user_id=other, absences=[away]))
    answer, found = await workloads(leads, company.boss)
    assert [one.user_id for one in answer.workloads] == [rep, other]
    assert (answer.under_count, answer.over_count, answer.total_count) == (0, 1, 2)
    full, idle = found[rep], found[other]
    assert (full.utilisation, full.load, full.capacity_unset, full.absent) == ("1.5000", pb.OVER, False, False)
    assert (idle.utilisation, idle.load, idle.capacity_unset, idle.absent) == ("0.0000", pb.UNDER, True, True)
    rows = await leads(company.boss, "ListLeads", leads_pb2.ListLeadsRequest(owner_id=rep, open=True))
    assert {one.id for one in rows.leads} == set(held)
    only, _ = await workloads(leads, company.boss, load=pb.UNDER)
    assert [one.user_id for one in only.workloads] == [other]
    first, _ = await workloads(leads, company.boss, page_size=1, order_by="utilisation")
    then, _ = await workloads(
        leads, company.boss, page_size=1, order_by="utilisation", page_token=first.next_page_token
    )
    assert [one.user_id for page in (first, then) for one in page.workloads] == [other, rep]
    assert not then.next_page_token
    assert await refusal(workloads(leads, company.boss, page_token=first.next_page_token)) == "PAGE_TOKEN_INVALID"
    assert await refusal(workloads(leads, company.boss, order_by="name")) == "INVALID"


async def test_whoever_left_with_open_leads_is_shown_as_inactive(leads, company, roster_known):
    await capture(leads, company.rep)
    async with leads.process.database.transaction(company.boss) as tx:
        left = {"user_id": company.rep.user_id, "role": "REP", "team_id": company.rep.team_id}
        await tx.execute(roster.KEEP_MEMBER, **left, active=False, version=2)
    _, found = await workloads(leads, company.manager)
    assert found[str(company.rep.user_id)].inactive


async def test_whoever_is_absent_or_gone_is_passed_over_and_the_preview_says_so(leads, company, office):
    gone = person("REP", company.boss.tenant_id)
    assert await refusal(office(rule("轮流", member(gone)))) == "UNKNOWN_OWNER"
    await office(rule("轮流", member(company.rep), member(company.other_rep)))
    days = pb.Absence(first_day="2020-01-01", last_day="2090-01-01")
    load = pb.SetWorkloadRequest(user_id=str(company.rep.user_id), absences=[days])
    await leads(company.manager, "SetWorkload", load)
    seen = await preview(leads, company.rep)
    assert (seen.user_id, seen.reason) == (str(company.other_rep.user_id), pb.RULE)
    assert {one.user_id: one.hindrance for one in seen.candidates} == {
        str(company.rep.user_id): pb.ABSENT,
        str(company.other_rep.user_id): pb.NONE,
    }


async def test_a_preview_changes_nothing(leads, company, office):
    await office(rule("轮流", member(company.rep), member(company.other_rep)))
    lead = await capture(leads, company.boss)
    seen = [await preview(leads, company.boss, lead_id=lead.id) for _ in range(3)]
    assert seen[0] == seen[1] == seen[2]
    assert (await leads(company.boss, "GetLead", leads_pb2.GetLeadRequest(id=lead.id))).version == 1
    given = await leads(company.boss, "AssignLeadByRules", pb.AssignLeadByRulesRequest(lead_id=lead.id))
    assert given == seen[0]
    assert (await leads(company.boss, "GetLead", leads_pb2.GetLeadRequest(id=lead.id))).owner_id == given.user_id


async def test_while_nobody_works_the_person_on_duty_gets_the_lead(leads, company, office):
    await office(rule("轮流", member(company.rep)), automatic=True)
    now = datetime.now(UTC)
    duty = pb.Duty(
        user_id=str(company.other_rep.user_id),
        begin_time=to_timestamp(now - timedelta(hours=1)),
        end_time=to_timestamp(now + timedelta(hours=1)),
    )
    await leads(company.boss, "SetDutyRoster", pb.SetDutyRosterRequest(duties=[duty]))
    assert (await capture(leads, company.boss)).owner_id == str(company.rep.user_id)
    await leads(company.boss, "SetWorkingCalendar", NEVER)
    lead = await capture(leads, company.boss)
    assert lead.owner_id == str(company.other_rep.user_id)
    later = await preview(leads, company.boss, at_time=to_timestamp(now + timedelta(hours=2)))
    assert (later.reason, later.user_id) == (pb.RULE, str(company.rep.user_id))


async def test_versions_of_the_rules_are_kept_and_each_assignment_says_by_which(leads, company, office):
    await office(rule("甲", member(company.rep)), automatic=True)
    await office(rule("乙", member(company.rep)), automatic=True)
    lead = await capture(leads, company.boss)
    log = await leads(company.rep, "ListAssignments", pb.ListAssignmentsRequest(lead_id=lead.id))
    assert [(one.rule, one.rules_version) for one in log.assignments] == [("乙", 2)]
    first = await leads(company.boss, "GetAssignmentRules", pb.GetAssignmentRulesRequest(version=1))
    assert [one.name for one in first.rules] == ["甲"]
    assert await refusal(leads(company.boss, "GetAssignmentRules", pb.GetAssignmentRulesRequest(version=9)))


async def test_where_nobody_can_take_it_the_lead_stays(leads, company, office):
    await office(rule("华北", member(company.rep), regions=["华北"]), automatic=True)
    lead = await capture(leads, company.boss)
    assert (lead.owner_id, lead.version) == (str(company.boss.user_id), 1)
    assert (await preview(leads, company.boss, lead_id=lead.id)).reason == pb.NOBODY_AVAILABLE
