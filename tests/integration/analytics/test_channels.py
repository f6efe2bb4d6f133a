"""Leads by channel over gRPC, from events."""

from datetime import date

from dealtrail.analytics.v1 import channels_pb2 as pb
from dealtrail.analytics.v1 import lead_process_pb2, small_funnel_pb2

from tests.integration.analytics.events import lead_story

DAY = date(2024, 3, 3)
FAR = ("NEW", "QUALIFIED", "CONVERTED")
MERGED = ("NEW", "MERGED", "PARTED")
LEADS = [
    ("Google", "spring", FAR),
    ("Google", "", ("NEW",)),
    ("google", "spring", ("NEW", "QUALIFIED", "DISCARDED")),
    ("展会", "spring", ("NEW", "DISCARDED")),
    ("", "", FAR),
]


async def told(analytics, company):
    stories = [lead_story(company.rep, DAY, *lead) for lead in LEADS]
    await analytics.tell(company.tenant, [event for story in stories for event in story])


async def channels(analytics, who, **fields):
    return await analytics(who, "GetChannels", pb.GetChannelsRequest(**fields))


def counts(answer):
    return [(one.channel, one.leads, one.qualified, one.converted, one.discarded) for one in answer.groups]


async def test_channels_stand_as_recorded_and_fold_on_demand(analytics, company):
    await told(analytics, company)
    plain = await channels(analytics, company.rep)
    assert counts(plain) == [
        ("Google", 2, 1, 1, 0),
        ("", 1, 1, 1, 0),
        ("google", 1, 1, 0, 1),
        ("展会", 1, 0, 0, 1),
    ]
    assert plain.groups[0].conversion_rate == 0.5
    folded = await channels(analytics, company.rep, fold=True)
    assert counts(folded)[0] == ("Google", 3, 2, 1, 1)
    for answer in (plain, folded):
        assert answer.total.leads == 5
        assert len(await analytics.rows(company.rep, answer.total.rows)) == 5
        for group in answer.groups:
            if group.rows:
                assert len(await analytics.rows(company.rep, group.rows)) == group.leads


async def test_campaigns_are_counted_alone_or_with_their_channels(analytics, company):
    await told(analytics, company)
    alone = await channels(analytics, company.rep, group_by=pb.GetChannelsRequest.CAMPAIGN)
    assert [(one.campaign, one.leads) for one in alone.groups] == [("spring", 3), ("", 2)]
    both = await channels(analytics, company.rep, group_by=pb.GetChannelsRequest.CHANNEL_AND_CAMPAIGN, fold=True)
    assert (both.groups[0].channel, both.groups[0].campaign, both.groups[0].leads) == ("Google", "spring", 2)
    for group in (*alone.groups, *both.groups):
        if group.rows:
            assert len(await analytics.rows(company.rep, group.rows)) == group.leads


async def test_leads_count_by_their_day_of_capture_for_those_who_see_them(analytics, company):
    await told(analytics, company)
    for who, seen in ((company.boss, 5), (company.manager, 5), (company.other_rep, 0), (company.stranger, 0)):
        assert (await channels(analytics, who)).total.leads == seen
        assert (await channels(analytics, who, **{"from": "2024-03-03", "to": "2024-03-04"})).total.leads == seen
        assert (await channels(analytics, who, **{"from": "2024-03-04"})).total.leads == 0


async def test_leads_that_were_merged_are_counted_as_one_until_that_is_undone(analytics, company):
    kept, merged = lead_story(company.rep, DAY, "Google"), lead_story(company.rep, DAY, "Google", "", MERGED)
    first, then = [*kept, *merged[:2]], merged[2:]
    for told_now, known in ((first, 1), (then, 2)):
        await analytics.tell(company.tenant, told_now)
        answer = await channels(analytics, company.boss)
        assert counts(answer) == [("Google", known, 0, 0, 0)]
        assert len(await analytics.rows(company.boss, answer.total.rows)) == known
        small = await analytics(company.boss, "GetSmallFunnel", small_funnel_pb2.GetSmallFunnelRequest())
        assert [one.count for one in small.layers] == [0, known]
        process = await analytics(company.boss, "GetLeadProcess", lead_process_pb2.GetLeadProcessRequest())
        assert sum(one.leads for one in process.stages) == known
