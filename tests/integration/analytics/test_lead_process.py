"""Leads by stage of the process over gRPC, from events, and the rows behind each number."""

from datetime import date, timedelta

import pytest
from dealtrail.analytics.v1 import lead_process_pb2 as pb
from dealtrail.leads.v1 import events_pb2 as leads
from dealtrail.leads.v1 import leads_pb2, process_pb2

from services.kit.codec import to_timestamp
from services.kit.ids import new_id
from tests.integration.analytics.events import lead_story, midnight, told

DAY = date(2024, 3, 4)
Stage = process_pb2.Passage.Stage
STATUS = {"VERIFIED": "QUALIFIED", "CONVERTED": "CONVERTED", "CLOSED": "DISCARDED"}


def story(owner, *passages, channel=""):
    """A lead that came to these stages, each so many days after its capture."""
    identity, lead = new_id(), leads_pb2.Lead(company="某某科技", channel=channel, version=1)
    lead.id, lead.owner_id, lead.team_id = str(identity), str(owner.user_id), str(owner.team_id)
    lead.create_time.CopyFrom(to_timestamp(midnight(DAY)))
    lead.status, lead.stage = leads_pb2.Lead.NEW, Stage.COLLECTED
    lead.stage_time.CopyFrom(lead.create_time)
    events = [told(leads.LeadCaptured(lead=lead), identity, 1, midnight(DAY))]
    for version, (name, after) in enumerate(passages, 2):
        at = midnight(DAY + timedelta(days=after))
        lead.status = leads_pb2.Lead.Status.Value(STATUS.get(name, "NEW"))
        lead.stage, lead.version = Stage.Value(name), version
        lead.stage_time.CopyFrom(to_timestamp(at))
        lead.stages.add(stage=lead.stage, enter_time=lead.stage_time)
        events.append(told(leads.LeadUpdated(lead=lead), identity, version, at))
    return events


@pytest.fixture
async def process(analytics, company):
    """`await process(who, …)`: the stages by name, of leads that came far and of one that stayed."""
    stories = [
        story(company.rep, channel="官网"),
        story(company.rep, ("VERIFIED", 1), ("NURTURED", 4)),
        story(company.rep, ("VERIFIED", 3), ("CLOSED", 4), ("VERIFIED", 6), ("CONVERTED", 8)),
        story(company.colleague, ("DISTRIBUTED", 1), ("CLOSED", 2)),
    ]
    await analytics.tell(company.tenant, [event for one in reversed(stories) for event in reversed(one)])

    async def ask(who, **fields):
        answer = await analytics(who, "GetLeadProcess", pb.GetLeadProcessRequest(**fields))
        return {Stage.Name(one.stage): one for one in answer.stages}

    return ask


async def test_leads_are_counted_where_they_stand_and_the_dwell_is_that_of_all_visits(process, company):
    found = await process(company.manager)
    assert list(found) == [name for name in Stage.keys() if name != "STAGE_UNSPECIFIED"]  # noqa: SIM118 - an enum's
    assert {name: one.leads for name, one in found.items() if one.leads} == {
        "COLLECTED": 1,
        "NURTURED": 1,
        "CONVERTED": 1,
        "CLOSED": 1,
    }
    day = timedelta(days=1).total_seconds()
    verified = found["VERIFIED"]
    # One stood there for three days, the other for one and for two.
    assert (verified.left, verified.dwell_p50_s, verified.dwell_p90_s) == (2, 3 * day, 3 * day)
    collected = found["COLLECTED"]
    assert (collected.left, collected.dwell_p50_s) == (3, day)
    assert collected.dwell_p90_s == pytest.approx(2.6 * day)
    assert not found["NURTURED"].HasField("dwell_p50_s")
    assert found["CLOSED"].standing_p50_s > 365 * day


async def test_each_number_opens_its_rows_under_its_filters(process, analytics, company):
    owner = {"owner_id": str(company.rep.user_id)}
    for who, fields in ((company.boss, {}), (company.manager, owner), (company.boss, {"channel": "官网"})):
        for one in (await process(who, **fields)).values():
            for number, rows in ((one.leads, one.rows), (one.left, one.left_rows)):
                assert bool(number) == bool(rows)
                assert not rows or len(await analytics.rows(who, rows)) == number


async def test_leads_count_for_those_who_see_them_by_their_day_of_capture(process, company):
    async def standing(who, **fields):
        return sum(one.leads for one in (await process(who, **fields)).values())

    assert await standing(company.rep) == 3
    assert await standing(company.manager, team_id=str(company.manager.team_id)) == 4
    assert await standing(company.other_rep) == await standing(company.stranger) == 0
    assert await standing(company.boss, **{"from": "2024-03-05"}) == 0


async def test_a_lead_of_whom_events_of_before_tell_stands_where_its_status_says(analytics, company):
    stories = [lead_story(company.rep, DAY), lead_story(company.rep, DAY, statuses=("NEW", "QUALIFIED", "DISCARDED"))]
    await analytics.tell(company.tenant, [event for one in stories for event in one])
    answer = await analytics(company.rep, "GetLeadProcess", pb.GetLeadProcessRequest())
    assert [one.leads for one in answer.stages] == [1, 0, 0, 0, 0, 1]
    assert not answer.stages[5].HasField("standing_p50_s")
