"""The funnel over gRPC, from events."""

from datetime import date, timedelta
from typing import Any

import pytest
from dealtrail.analytics.v1 import funnel_pb2 as pb
from dealtrail.analytics.v1 import rows_pb2

from services.kit.testing import Refusal
from services.kit.transaction import Tx
from tests.integration.analytics.events import DealStory, midnight

MARCH: Any = {"from": "2024-03-01", "to": "2024-04-01"}
"""A calendar month, answered from sums."""
ODD: Any = {"from": "2024-02-28", "to": "2024-04-01"}
"""No part of the calendar, counted deal by deal. Nothing happens on the two days that it has more."""


def stories(rep):
    """One deal for each state, as of March 2024."""
    march = date(2024, 3, 1)
    return {
        "WON": DealStory(rep, date(2024, 1, 10)).move(date(2024, 2, 1), 1).close(march, "WON", "150.00"),
        "LOST": DealStory(rep, date(2024, 1, 10)).close(date(2024, 3, 31), "LOST"),
        "INFLOW": DealStory(rep, march),
        "ADVANCED": DealStory(rep, date(2024, 1, 10)).move(date(2024, 3, 5), 1),
        "MOVED_BACK": DealStory(rep, date(2024, 1, 10), stage=2).move(date(2024, 3, 5), 1),
        "STALLED": DealStory(rep, date(2024, 1, 10)),
        "NORMAL": DealStory(rep, date(2024, 2, 20), stage=1),
        "came and won": DealStory(rep, date(2024, 3, 2)).close(date(2024, 3, 9), "WON"),
        "later": DealStory(rep, date(2024, 4, 1)),
        "before": DealStory(rep, date(2024, 1, 1)).close(date(2024, 2, 1), "LOST"),
    }


def by_state(funnel):
    found: dict[str, int] = {}
    for stage in funnel.stages:
        for state in stage.states:
            name = pb.FunnelState.State.Name(state.state)
            found[name] = found.get(name, 0) + state.deals
    return found


@pytest.mark.parametrize("period", [MARCH, ODD], ids=["from sums", "deal by deal"])
async def test_each_deal_has_one_state_and_every_number_opens_its_rows(analytics, company, period):
    told = stories(company.rep)
    await analytics.tell(company.tenant, [event for story in told.values() for event in story.events])
    funnel = await analytics(company.rep, "GetFunnel", pb.GetFunnelRequest(**period))
    assert by_state(funnel) == {name: 2 if name == "WON" else 1 for name in told if name.isupper()}
    flow = funnel.flow
    assert (flow.open_from, flow.inflow, flow.won, flow.lost, flow.open_to) == (6, 2, 2, 1, 5)
    assert flow.win_rate == pytest.approx(2 / 3)
    for stage in funnel.stages:
        for state in stage.states:
            name = pb.FunnelState.State.Name(state.state)
            expected = {str(told[one].id) for one in told if one == name or (name == "WON" and one == "came and won")}
            listed = await analytics.rows(company.rep, state.rows)
            assert len(listed) == state.deals
            assert listed <= expected
        assert len(await analytics.rows(company.rep, stage.rows)) == stage.deals
    assert len(await analytics.rows(company.rep, funnel.rows)) == flow.open_to


async def test_stages_stand_in_order_with_their_norms_and_what_is_open_in_them(analytics, company):
    told = stories(company.rep)
    await analytics.tell(company.tenant, [event for story in told.values() for event in story.events])
    funnel = await analytics(company.boss, "GetFunnel", pb.GetFunnelRequest(**MARCH))
    assert [(one.stage, one.index, one.expected_days, one.deals) for one in funnel.stages] == [
        ("PROSPECTING", 0, 14, 2),
        ("ENGAGING", 1, 60, 3),
        ("CLOSING", 2, 7, 0),
    ]
    assert [money.amount for money in funnel.stages[1].amounts] == ["300.00"]
    assert funnel.shape == pb.FunnelShape(form=pb.FunnelShape.BULGING, bulge_stage="ENGAGING")
    assert funnel.freshness.event_time.ToDatetime() == midnight(date(2024, 4, 1)).replace(tzinfo=None)


@pytest.mark.parametrize("period", [MARCH, ODD], ids=["from sums", "deal by deal"])
async def test_the_stall_factor_says_how_patient_to_be(analytics, company, period):
    for days in (14, 15, 21, 22, 28, 29, 42, 43):
        opened = date(2024, 4, 1) - timedelta(days=days)
        if opened < date(2024, 2, 28):
            await analytics.tell(company.tenant, DealStory(company.rep, opened).events)
    await analytics.tell(company.tenant, DealStory(company.rep, date(2024, 2, 27)).move(date(2024, 4, 2), 1).events)
    for factor, stalled in ((0, 3), (1, 3), (1.5, 3), (2, 3), (3, 1)):
        request = pb.GetFunnelRequest(**period, stall_factor=factor)
        funnel = await analytics(company.rep, "GetFunnel", request)
        found = by_state(funnel)
        assert (found.get("STALLED", 0), found.get("NORMAL", 0)) == (stalled, 3 - stalled), factor
        for state in funnel.stages[0].states:
            assert len(await analytics.rows(company.rep, state.rows)) == state.deals
    with pytest.raises(Refusal) as refused:
        await analytics(company.rep, "GetFunnel", pb.GetFunnelRequest(stall_factor=1.7))
    assert refused.value.reason == "INVALID"


@pytest.mark.parametrize("period", [MARCH, ODD], ids=["from sums", "deal by deal"])
async def test_everybody_counts_what_they_see_and_filters_beyond_it_count_nothing(analytics, company, period):
    owners = (company.rep, company.rep, company.colleague, company.other_rep, company.manager)
    told = [DealStory(owner, date(2024, 3, 3), product="GTX").events for owner in owners]
    await analytics.tell(company.tenant, [event for events in told for event in events])

    async def count(who, **filters):
        return (await analytics(who, "GetFunnel", pb.GetFunnelRequest(**period, **filters))).flow.open_to

    seen = {company.boss: 5, company.manager: 4, company.rep: 2, company.colleague: 1, company.other_rep: 1}
    seen |= {company.other_manager: 1, company.stranger: 0}
    for who, expected in seen.items():
        assert await count(who) == expected
        assert await count(who, product="GTX") == expected
        assert await count(who, product="MG") == 0
    mine: Any = {"owner_id": str(company.rep.user_id)}
    theirs: Any = {"owner_id": str(company.other_rep.user_id)}
    team: Any = {"team_id": str(company.manager.team_id)}
    for who in (company.boss, company.manager, company.rep):
        assert (await count(who, **mine), await count(who, **mine, **team)) == (2, 2)
    for who in (company.manager, company.rep, company.stranger):
        assert await count(who, **theirs) == 0
        request = rows_pb2.ListRowsRequest(number=rows_pb2.ListRowsRequest.OPENED, **theirs)
        assert not (await analytics(who, "ListRows", request)).rows
    assert await count(company.boss, **theirs) == 1
    assert await count(company.boss, **team) == await count(company.manager, **team) == 4
    assert await count(company.other_manager, **team) == 0
    assert await count(company.colleague, **team) == 1
    assert await count(company.boss, **theirs, **team) == 0


async def test_a_deal_counts_for_its_present_owner_throughout_its_past(analytics, company):
    story = DealStory(company.rep, date(2024, 3, 3)).assign(date(2024, 5, 1), company.other_rep)
    await analytics.tell(company.tenant, *([event] for event in story.events))
    request = pb.GetFunnelRequest(**MARCH)
    assert (await analytics(company.other_rep, "GetFunnel", request)).flow.inflow == 1
    assert (await analytics(company.other_manager, "GetFunnel", request)).flow.inflow == 1
    for who in (company.rep, company.manager):
        assert (await analytics(who, "GetFunnel", request)).flow.inflow == 0


async def test_processes_stand_apart_and_amounts_of_each_currency_too(analytics, company):
    for process, currency in (("B2B", "CNY"), ("B2B", "USD"), ("RENEWAL", "CNY")):
        story = DealStory(company.rep, date(2024, 3, 3), process=process, currency=currency)
        await analytics.tell(company.tenant, story.events)
    funnel = await analytics(company.rep, "GetFunnel", pb.GetFunnelRequest(**MARCH))
    assert (funnel.process, list(funnel.other_processes), funnel.flow.open_to) == ("B2B", ["RENEWAL"], 2)
    assert [(money.amount, money.currency) for money in funnel.stages[0].amounts] == [
        ("100.00", "CNY"),
        ("100.00", "USD"),
    ]
    renewal = await analytics(company.rep, "GetFunnel", pb.GetFunnelRequest(**MARCH, process="RENEWAL"))
    assert (renewal.flow.open_to, list(renewal.other_processes)) == (1, ["B2B"])


async def test_a_period_that_is_none_is_refused(analytics, company):
    refusals: Any = (
        ({"from": "2024-03-01", "to": "2024-03-01"}, "PERIOD_BACKWARDS"),
        ({"from": "2023-02-30"}, "INVALID"),
        ({"from": "yesterday"}, "INVALID"),
    )
    for fields, reason in refusals:
        with pytest.raises(Refusal) as refused:
            await analytics(company.rep, "GetFunnel", pb.GetFunnelRequest(**fields))
        assert refused.value.reason == reason


async def test_an_empty_house_has_an_empty_funnel(analytics, company):
    funnel = await analytics(company.boss, "GetFunnel", pb.GetFunnelRequest())
    assert (funnel.shape.form, len(funnel.stages), funnel.flow.HasField("win_rate")) == (pb.FunnelShape.EMPTY, 0, False)
    assert not funnel.freshness.HasField("event_time")


def nodes(plan):
    yield plan["Node Type"], plan.get("Join Type")
    for part in plan.get("Plans", ()):
        yield from nodes(part)


async def test_a_funnel_is_planned_as_if_there_was_much_though_postgresql_knows_of_nothing(
    analytics, company, monkeypatch
):
    """It takes one whom it has not yet counted to have nothing: each deal was held against each stay, for seconds."""
    await analytics.tell(company.tenant, [event for story in stories(company.rep).values() for event in story.events])
    plans = []

    async def fetch(tx, query, **values):
        prepared, arguments = await tx._prepared(query, dict(values))
        if "stage_spans AS began" in prepared:
            [[explained]] = await (await tx.connected()).fetch(f"EXPLAIN (FORMAT JSON) {prepared}", *arguments)
            plans.append(set(nodes(explained[0]["Plan"])))
        return await original(tx, query, **values)

    original = Tx.fetch
    monkeypatch.setattr(Tx, "fetch", fetch)
    funnel = await analytics(company.boss, "GetFunnel", pb.GetFunnelRequest(**ODD))
    await analytics.rows(company.boss, funnel.stages[0].states[0].rows)
    counted, listed = plans
    assert "Nested Loop" not in {kind for kind, _ in counted}
    assert "Semi" not in {join for _, join in listed}, "the stays of each deal are looked up by its id"
