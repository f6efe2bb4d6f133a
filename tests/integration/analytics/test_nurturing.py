"""What nurturing plans ask for and what warms up over gRPC, from events, and the rows behind each number."""

from datetime import date, timedelta
from random import Random

import pytest
from dealtrail.analytics.v1 import nurturing_pb2 as pb
from dealtrail.leads.v1 import enrolments_pb2, leads_pb2, nurture_steps_pb2, process_pb2
from dealtrail.leads.v1 import events_pb2 as leads

from services.kit.codec import to_timestamp
from services.kit.ids import new_id
from tests.integration.analytics.events import midnight, told

DAY = date(2024, 3, 4)
Step = nurture_steps_pb2.NurtureStep
WITHIN = {"from": "2024-03-10", "to": "2024-03-20"}


def captured(owner, channel):
    identity = new_id()
    lead = leads_pb2.Lead(id=str(identity), company="某某科技", channel=channel, version=1, status=leads_pb2.Lead.NEW)
    lead.owner_id, lead.team_id = str(owner.user_id), str(owner.team_id)
    lead.create_time.CopyFrom(to_timestamp(midnight(DAY)))
    return identity, lead


def warmings(owner, *temperatures, channel=""):
    """A lead that was said to be of these temperatures, each so many days after its capture."""
    identity, lead = captured(owner, channel)
    events = [told(leads.LeadCaptured(lead=lead), identity, 1, midnight(DAY))]
    for version, (name, after) in enumerate(temperatures, 2):
        lead.version, lead.temperature = version, leads_pb2.Lead.Temperature.Value(name)
        at = midnight(DAY + timedelta(days=after))
        events.append(told(leads.LeadTemperatureChanged(lead=lead), identity, version, at))
    return events


def given_up(events, after):
    """The lead of these events, and that it was closed so many days after its capture."""
    at, (last, envelope) = midnight(DAY + timedelta(days=after)), events[-1]
    lead = leads_pb2.Lead()
    lead.CopyFrom(last.lead)
    lead.version, lead.status, lead.stage = lead.version + 1, leads_pb2.Lead.DISCARDED, process_pb2.Passage.CLOSED
    lead.stage_time.CopyFrom(to_timestamp(at))
    discarded = leads.LeadDiscarded(lead=lead, from_status=leads_pb2.Lead.NEW)
    return [*events, told(discarded, envelope.aggregate_id, lead.version, at)]


def followed(owner, *versions, channel=""):
    """A lead whose steps were due so many days after its capture, and stood so at each version of its enrolment."""
    identity, lead = captured(owner, channel)
    events = [told(leads.LeadCaptured(lead=lead), identity, 1, midnight(DAY))]
    enrolment, ids = new_id(), [new_id() for _ in versions[-1]]
    for version, states in enumerate(versions, 1):
        steps = [
            Step(
                id=str(ids[number]),
                lead_id=str(identity),
                kind="PHONE",
                due_date=str(DAY + timedelta(days=after)),
                state=Step.State.Value(state),
            )
            for number, (after, state) in enumerate(states)
        ]
        mine = enrolments_pb2.Enrolment(id=str(enrolment), lead_id=str(identity), version=version)
        event = (leads.LeadEnrolled if version == 1 else leads.EnrolmentChanged)(enrolment=mine, steps=steps)
        events.append(told(event, enrolment, version, midnight(DAY + timedelta(days=version))))
    return events


@pytest.fixture
async def nurturing(analytics, company):
    """`await nurturing(who, …)`: what is counted of leads that were nurtured, told in any order."""
    stories = [
        followed(
            company.rep,
            [(7, "PLANNED"), (9, "PLANNED"), (10, "PLANNED")],
            [(7, "DONE"), (9, "PLANNED"), (10, "PLANNED")],
            [(7, "DONE"), (9, "ANSWERED"), (10, "DROPPED"), (12, "PLANNED"), (40, "PLANNED")],
            channel="官网",
        ),
        followed(company.rep, [(8, "MISSED"), (8, "SKIPPED"), (8, "PAUSED")]),
        followed(company.colleague, [(8, "PLANNED")]),
        warmings(company.rep, ("COLD", 1), ("WARM", 8), channel="官网"),  # rose
        warmings(company.rep, ("COLD", 7), ("HOT", 8), ("WARM", 9)),  # rose from the first within the period
        warmings(company.rep, ("WARM", 1), ("HOT", 8), ("COLD", 9)),  # fell in the end
        warmings(company.rep, ("HOT", 1), ("WARM", 8), ("HOT", 9)),  # could not rise
        warmings(company.colleague, ("COLD", 1)),  # stayed
        given_up(warmings(company.colleague, ("COLD", 1)), 3),  # was over before
        warmings(company.colleague, ("COLD", 1), ("HOT", 30)),  # rose later
    ]
    events = [event for story in stories for event in story]
    Random(1).shuffle(events)
    await analytics.tell(company.tenant, events[::2], events[1::2], events[:5])

    async def ask(who, **fields):
        return await analytics(who, "GetNurturing", pb.GetNurturingRequest(**fields))

    return ask


def counts(group):
    return [getattr(group, name) for name in ("planned", "done", "answered", "skipped", "missed", "overdue")]


async def test_steps_count_in_the_period_in_which_they_fall_due_by_owner(nurturing, company):
    answer = await nurturing(company.manager, **WITHIN)
    assert [group.key for group in answer.groups] == [str(company.rep.user_id), str(company.colleague.user_id)]
    rep, colleague = answer.groups
    assert counts(rep) == [5, 2, 1, 1, 1, 1]
    assert rep.done_rate == pytest.approx(2 / 5)
    assert counts(colleague) == [1, 0, 0, 0, 0, 1]
    assert counts(answer.total) == [6, 2, 1, 1, 1, 2]
    later = await nurturing(company.manager, **{"from": "2024-04-01", "to": "2024-05-01"})
    assert counts(later.total) == [1, 0, 0, 0, 0, 1]


async def test_the_warm_up_rate_is_the_share_of_those_who_could_rise_that_did(nurturing, company):
    answer = await nurturing(company.manager, **WITHIN)
    rep, colleague = answer.groups
    assert (rep.rated, rep.warmed, rep.warm_up_rate) == (3, 2, pytest.approx(2 / 3))
    assert (colleague.rated, colleague.warmed) == (2, 0)
    assert (answer.total.rated, answer.total.warmed) == (5, 2)
    nothing = await nurturing(company.manager, **{"from": "2024-03-01", "to": "2024-03-05"})
    assert not nothing.total.HasField("warm_up_rate")


async def test_each_number_opens_its_rows_by_whatever_it_is_grouped(nurturing, analytics, company):
    for by in (pb.GetNurturingRequest.OWNER, pb.GetNurturingRequest.TEAM, pb.GetNurturingRequest.CHANNEL):
        answer = await nurturing(company.boss, group_by=by, **WITHIN)
        for one in (*answer.groups, answer.total):
            listed = ((one.planned, one.planned_rows), (one.done, one.done_rows), (one.warmed, one.warmed_rows))
            for number, rows in listed:
                assert not rows or len(await analytics.rows(company.boss, rows)) == number
    assert answer.total.planned_rows
    assert answer.total.warmed_rows
    narrowed = await nurturing(company.boss, channel="官网", **WITHIN)
    assert (narrowed.total.planned, narrowed.total.warmed) == (3, 1)
    assert len(await analytics.rows(company.boss, narrowed.total.planned_rows)) == 3


async def test_what_is_counted_is_what_the_caller_sees(nurturing, analytics, company):
    mine = await nurturing(company.rep, **WITHIN)
    assert (mine.total.planned, mine.total.rated) == (5, 3)
    everything = (await nurturing(company.boss, **WITHIN)).total
    for who in (company.other_rep, company.stranger):
        assert (await nurturing(who, **WITHIN)).total.planned == 0
        for rows in (everything.planned_rows, everything.warmed_rows):
            assert not await analytics.rows(who, rows)
