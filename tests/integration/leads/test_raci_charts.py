"""Each stage of managing leads has exactly one who answers for it; whoever is to be informed is, without a flood."""

import asyncio
from datetime import timedelta

import pytest
from dealtrail.leads.v1 import discard_reasons_pb2, discards_pb2, leads_pb2, notices_pb2, process_pb2
from dealtrail.leads.v1 import raci_charts_pb2 as pb
from sqlalchemy import bindparam, func, select

from services.kit.sql import Query
from services.kit.testing import Refusal
from services.leads.raci_charts import operations
from services.leads.raci_charts.operations import tell_entered
from services.leads.raci_charts.store import arrivals
from tests.people import until

A, INFORMED, Duty = pb.RaciAssignment.ACCOUNTABLE, pb.RaciAssignment.INFORMED, pb.RaciAssignment
Stage = process_pb2.Passage
STAGES = (Stage.COLLECTED, Stage.VERIFIED, Stage.DISTRIBUTED, Stage.NURTURED, Stage.CONVERTED, Stage.CLOSED)
COUNT = Query(select(func.count()).select_from(arrivals).where(arrivals.c.tenant_id == bindparam("tenant_id")))


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


async def drafted(leads, who, *assignments):
    return await leads(who, "CreateRaciChart", pb.CreateRaciChartRequest(assignments=assignments))


async def activated(leads, who, *assignments):
    chart = await drafted(leads, who, *assignments)
    return await leads(who, "ActivateRaciChart", pb.ActivateRaciChartRequest(id=chart.id))


def answered(party=Duty.MANAGER, user_id=""):
    """Each stage with one A: of CLOSED the party, of the others the manager."""
    stages = [Duty(stage=stage, duty=A, party=Duty.MANAGER) for stage in STAGES[:-1]]
    return [*stages, Duty(stage=Stage.CLOSED, duty=A, party=party, user_id=user_id)]


async def told(leads, who, kind):
    found = (await leads(who, "ListNotices", notices_pb2.ListNoticesRequest(kind=kind))).notices
    return [dict(one.facts) for one in found]


async def test_a_draft_shows_what_it_lacks_and_only_a_chart_with_one_a_in_each_step_holds(leads, company):
    boss = company.boss
    lacking = await drafted(leads, boss, *answered()[1:], Duty(stage=Stage.CLOSED, duty=A, party=Duty.BOSS))
    assert (lacking.number, lacking.state, lacking.stages_without_accountable) == (1, pb.RaciChart.DRAFT, 1)
    assert [(gap.stage, gap.kind) for gap in lacking.gaps] == [
        (Stage.COLLECTED, pb.RaciGap.NO_ACCOUNTABLE),
        (Stage.CLOSED, pb.RaciGap.SEVERAL_ACCOUNTABLE),
    ]
    activate = pb.ActivateRaciChartRequest(id=lacking.id)
    assert await refusal(leads(boss, "ActivateRaciChart", activate)) == "STAGES_WITHOUT_ACCOUNTABLE"
    first, second = await activated(leads, boss, *answered()), await activated(leads, boss)
    assert first.state == second.state == pb.RaciChart.ACTIVE
    assert second.stages_without_accountable == 0
    listed = (await leads(company.rep, "ListRaciCharts", pb.ListRaciChartsRequest())).charts
    assert [(one.number, one.state) for one in listed] == [
        (3, pb.RaciChart.ACTIVE),
        (2, pb.RaciChart.RETIRED),
        (1, pb.RaciChart.DRAFT),
    ]
    retired = pb.ActivateRaciChartRequest(id=first.id)
    assert await refusal(leads(boss, "ActivateRaciChart", retired)) == "CHART_RETIRED"
    nobody = Duty(stage=Stage.CLOSED, duty=INFORMED, party=Duty.USER, user_id=str(company.stranger.user_id))
    assert await refusal(drafted(leads, boss, nobody)) == "UNKNOWN_HOLDER"
    get = pb.GetRaciChartRequest(id=first.id)
    assert await refusal(leads(company.stranger, "GetRaciChart", get)) == "NOT_FOUND"


async def asked_to_discard(leads, company):
    look = discard_reasons_pb2.SetDiscardReasonRequest(code="NO_NEED", label="没有需求", active=True, second_look=True)
    await leads(company.boss, "SetDiscardReason", look)
    lead = await leads(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company="云杉"))
    await leads(company.rep, "DiscardLead", leads_pb2.DiscardLeadRequest(id=lead.id, reason="NO_NEED"))
    [discard] = (await leads(company.rep, "ListDiscards", discards_pb2.ListDiscardsRequest(lead_id=lead.id))).discards
    return discards_pb2.ConfirmDiscardRequest(id=discard.id)


async def test_who_is_a_of_closed_approves_and_nobody_below(leads, company, roster_known):
    await activated(leads, company.boss, *answered(Duty.BOSS))
    confirm = await asked_to_discard(leads, company)
    assert len(await told(leads, company.boss, "DISCARD_REQUESTED")) == 1
    assert await told(leads, company.manager, "DISCARD_REQUESTED") == []
    assert await refusal(leads(company.manager, "ConfirmDiscard", confirm)) == "NOT_ACCOUNTABLE"
    assert (await leads(company.boss, "ConfirmDiscard", confirm)).state == discards_pb2.Discard.STANDS


async def test_a_user_who_is_a_is_asked_if_they_see_the_lead_else_who_stands_in(leads, company, roster_known):
    for who, hears in ((company.manager, company.manager), (company.other_rep, company.boss)):
        await activated(leads, company.boss, *answered(Duty.USER, str(who.user_id)))
        before = len(await told(leads, hears, "DISCARD_REQUESTED"))
        confirm = await asked_to_discard(leads, company)
        assert len(await told(leads, hears, "DISCARD_REQUESTED")) == before + 1
        assert (await leads(hears, "ConfirmDiscard", confirm)).state == discards_pb2.Discard.STANDS


async def test_whoever_is_informed_hears_of_a_thousand_leads_twice_and_only_of_those_in_sight(
    leads, company, roster_known, periodically
):
    informed = [
        Duty(stage=Stage.COLLECTED, duty=INFORMED, party=party) for party in (Duty.OWNER, Duty.MANAGER, Duty.BOSS)
    ]
    others = Duty(stage=Stage.COLLECTED, duty=INFORMED, party=Duty.USER, user_id=str(company.other_rep.user_id))
    await activated(leads, company.boss, *answered(), *informed, others)
    await leads(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company="云杉科技"))

    async def hears(who, count):
        for _ in range(1200):
            await periodically(tell_entered)
            found = await told(leads, who, "LEAD_ENTERED_STAGE"), await told(leads, who, "LEADS_ENTERED_STAGE")
            if len(found[0]) + len(found[1]) == count:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(found)

    [one], none = await hears(company.manager, 1)
    assert (one, none) == ({"company": "云杉科技", "stage": "COLLECTED"}, [])
    batch = [leads_pb2.CreateLeadRequest(company=f"松林 {number}") for number in range(1000)]
    for start in range(0, 1000, 200):
        await leads(
            company.rep, "BatchCreateLeads", leads_pb2.BatchCreateLeadsRequest(leads=batch[start : start + 200])
        )
    for _ in range(1200):
        if (await waiting(leads, company)) == 2000:
            break
        await asyncio.sleep(0.05)
    await periodically(tell_entered)
    assert await told(leads, company.manager, "LEADS_ENTERED_STAGE") == []
    await periodically(tell_entered, minutes=2)
    for who in (company.manager, company.boss):
        assert await told(leads, who, "LEADS_ENTERED_STAGE") == [{"stage": "COLLECTED", "leads": "1000"}]
    for who in (company.rep, company.other_rep):  # who did it, and who does not see it
        assert await told(leads, who, "LEAD_ENTERED_STAGE") == []
        assert await told(leads, who, "LEADS_ENTERED_STAGE") == []


@pytest.mark.parametrize(
    ("gather", "notices"),
    [
        pytest.param(operations.GATHER, 1, id="gathered"),
        pytest.param(timedelta(0), 4, id="planted: each lead is told by itself"),
    ],
)
async def test_four_leads_one_after_the_other_are_one_notice_and_a_chart_that_does_not_gather_is_found_out(
    leads, company, roster_known, periodically, monkeypatch, gather, notices
):
    monkeypatch.setattr(operations, "GATHER", gather)
    informed = Duty(stage=Stage.COLLECTED, duty=INFORMED, party=Duty.MANAGER)
    await activated(leads, company.boss, *answered(), informed)
    for number in range(4):
        await leads(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company=f"云杉 {number}"))
        await until(lambda: waiting(leads, company))
        await periodically(tell_entered)
    heard = [
        one
        for kind in ("LEAD_ENTERED_STAGE", "LEADS_ENTERED_STAGE")
        for one in await told(leads, company.manager, kind)
    ]
    assert len(heard) == notices


async def waiting(leads, company):
    async with leads.process.database.transaction(company.boss, read_only=True) as tx:
        return await tx.fetch_value(COUNT)
