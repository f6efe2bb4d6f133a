"""The growth formula over gRPC, from events."""

from datetime import date
from math import isclose, log

import pytest
from dealtrail.analytics.v1 import growth_pb2 as pb

from services.kit.testing import Refusal
from tests.integration.analytics.events import DealStory, moved

FIRST = {"from": "2024-01-15", "to": "2024-04-10"}
SECOND = {"compare_from": "2023-10-01", "compare_to": "2024-01-15"}


def sold(owner, opened, closed, state="WON", amount="100.00", **fields):
    return DealStory(owner, opened, amount=amount, **fields).close(closed, state).events


def some(rep, other):
    """Deals closed in two periods, and one that is opened only."""
    return [
        *sold(rep, date(2023, 11, 1), date(2023, 11, 11), amount="50.00", product="A"),
        *sold(rep, date(2023, 11, 1), date(2023, 12, 1), "LOST"),
        *sold(rep, date(2024, 1, 20), date(2024, 1, 30), amount="300.00", product="A"),
        *sold(other, date(2024, 1, 14), date(2024, 2, 3), amount="100.00", product="B"),
        *sold(other, date(2024, 3, 1), date(2024, 4, 9), "LOST", product="B"),
        *DealStory(other, date(2024, 4, 9)).events,
        *DealStory(other, date(2024, 4, 10)).events,
    ]


async def grow(analytics, who, **fields):
    return await analytics(who, "GetGrowth", pb.GetGrowthRequest(**fields))


async def test_the_formula_counts_what_was_opened_and_closed_in_the_period(analytics, company):
    await analytics.tell(company.tenant, some(company.rep, company.other_rep))
    growth = await grow(analytics, company.boss, **FIRST)
    found = growth.current
    assert (found.opened, found.won, found.lost, found.won_amount.amount) == (3, 2, 1, "400.00")
    assert (found.average_amount.amount, found.cycle_days) == ("200.00", 15)
    assert found.velocity == pytest.approx(3 * (2 / 3) * 200 / 15)
    for link, count in ((found.opened_rows, 3), (found.won_rows, 2), (found.lost_rows, 1)):
        assert len(await analytics.rows(company.boss, link)) == count
    assert not growth.HasField("compared")


async def test_the_change_between_two_periods_is_exactly_that_of_the_factors(analytics, company):
    await analytics.tell(company.tenant, some(company.rep, company.other_rep))
    growth = await grow(analytics, company.boss, **FIRST, **SECOND)
    change = growth.log_change
    whole = log(growth.current.velocity / growth.compared.velocity)
    assert isclose(change.velocity, whole, abs_tol=1e-9)
    parts = change.opened + change.win_rate + change.average_amount + change.cycle_days
    assert isclose(parts, whole, abs_tol=1e-9)
    assert growth.relative_change.average_amount == pytest.approx(3)
    assert growth.relative_change.cycle_days == pytest.approx(0.5)
    assert change.cycle_days < 0, "deals became slower"


async def test_what_cannot_be_computed_is_unset_and_says_why(analytics, company):
    await analytics.tell(company.tenant, some(company.rep, company.other_rep))
    growth = await grow(analytics, company.rep, **{"from": "2024-02-01", "to": "2024-03-01"}, **SECOND)
    assert not growth.current.HasField("velocity")
    assert list(growth.current.missing) == [
        pb.GrowthFigures.NOTHING_OPENED,
        pb.GrowthFigures.NOTHING_CLOSED,
        pb.GrowthFigures.NOTHING_WON,
    ]
    assert not growth.HasField("log_change")
    assert growth.relative_change.opened == -1
    assert not growth.relative_change.HasField("velocity")


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("OWNER", [("rep", 1, 1, 0), ("other_rep", 2, 1, 1)]),
        ("TEAM", [("manager", 1, 1, 0), ("other_manager", 2, 1, 1)]),
        ("PRODUCT", [("A", 1, 1, 0), ("B", 1, 1, 1), ("", 1, 0, 0)]),
        ("MONTH", [("2024-01", 1, 1, 0), ("2024-02", 0, 1, 0), ("2024-03", 1, 0, 0), ("2024-04", 1, 0, 1)]),
        ("QUARTER", [("2024-Q1", 2, 2, 0), ("2024-Q2", 1, 0, 1)]),
    ],
)
async def test_groups_add_up_to_the_whole(analytics, company, by, expected):
    await analytics.tell(company.tenant, some(company.rep, company.other_rep))
    growth = await grow(analytics, company.boss, **FIRST, group_by=pb.GetGrowthRequest.GroupBy.Value(by))
    keys = {"OWNER": "user_id", "TEAM": "team_id"}
    named = [(str(getattr(getattr(company, key), keys[by])) if by in keys else key, *more) for key, *more in expected]
    assert [(group.key, group.opened, group.won, group.lost) for group in growth.groups] == named
    assert sum(float(group.won_amount.amount) for group in growth.groups) == 400
    for group in growth.groups:
        if group.key:
            assert len(await analytics.rows(company.boss, group.won_rows)) == group.won


async def test_everybody_counts_what_they_see(analytics, company):
    await analytics.tell(company.tenant, some(company.rep, company.other_rep))
    seen = {company.boss: (3, 2), company.manager: (1, 1), company.rep: (1, 1), company.other_rep: (2, 1)}
    for who, expected in (seen | {company.colleague: (0, 0), company.stranger: (0, 0)}).items():
        found = (await grow(analytics, who, **FIRST)).current
        assert (found.opened, found.won) == expected
        for by in pb.GetGrowthRequest.GroupBy.values():
            groups = (await grow(analytics, who, **FIRST, group_by=by)).groups
            assert sum(group.won for group in groups) == (expected[1] if by else 0)
    beyond = {"owner_id": str(company.other_rep.user_id)}
    assert (await grow(analytics, company.manager, **FIRST, **beyond)).current.opened == 0


async def test_what_somebody_owns_counts_in_the_team_where_they_work_now(analytics, company):
    history = some(company.rep, company.other_rep)
    gone, event = moved(company.other_rep, company.manager.team_id)
    await analytics.tell(company.tenant, history[:5], [event], history[5:])
    assert (await grow(analytics, company.manager, **FIRST)).current.won == 2
    assert (await grow(analytics, company.other_manager, **FIRST)).current.won == 0
    assert (await grow(analytics, gone, **FIRST)).current.won == 1
    link = (await grow(analytics, company.manager, **FIRST)).current.won_rows
    assert len(await analytics.rows(company.manager, link)) == 2


async def test_a_formula_speaks_of_one_currency_and_names_the_others(analytics, company):
    day = date(2024, 2, 1)
    told = [sold(company.rep, day, date(2024, 2, 9), currency=currency) for currency in ("CNY", "CNY", "USD")]
    await analytics.tell(company.tenant, [event for events in told for event in events])
    await analytics.tell(company.tenant, DealStory(company.rep, day, amount=None).close(day, "LOST").events)
    growth = await grow(analytics, company.rep, **FIRST)
    assert (growth.currency, list(growth.other_currencies)) == ("CNY", ["USD"])
    assert (growth.current.opened, growth.current.won, growth.current.lost) == (3, 2, 1)
    assert len(await analytics.rows(company.rep, growth.current.opened_rows)) == 3
    dollars = await grow(analytics, company.rep, **FIRST, currency="USD")
    assert (dollars.current.won, dollars.current.lost, list(dollars.other_currencies)) == (1, 1, ["CNY"])


async def test_half_a_period_to_compare_with_is_refused(analytics, company):
    with pytest.raises(Refusal) as refused:
        await grow(analytics, company.rep, compare_from="2024-01-01")
    assert refused.value.reason == "INVALID"
