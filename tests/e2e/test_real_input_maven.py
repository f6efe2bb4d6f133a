"""The demo, 8,800 deals of a fictitious company: the API's own answers are the facts known of the data."""

import asyncio
from collections import Counter

import pytest

from deploy.local.demo.__main__ import load
from deploy.local.demo.api import Api
from deploy.local.demo.figures import lines
from deploy.local.keys import secret
from deploy.local.tenant import DEMO_PASSWORD

YEAR = {"from": "2017-01-01", "to": "2018-01-01"}
PRODUCTS = {
    "GTX Pro": 3_510_578,
    "GTX Plus Pro": 2_629_651,
    "MG Advanced": 2_216_387,
    "GTX Plus Basic": 705_275,
    "GTX Basic": 499_263,
    "GTK 500": 400_612,
    "MG Special": 43_768,
}


@pytest.fixture(scope="module")
async def password(stack):
    return secret(stack.home / "secrets", DEMO_PASSWORD)


@pytest.fixture(scope="module")
async def boss(stack, password):
    """The boss of the demo, once all of it is loaded and counted."""
    await asyncio.to_thread(load, stack.url, password)
    return Api(stack.url, "demo", "boss", password)


def won(figures):
    return figures["won"], float(figures["wonAmount"]["amount"])


async def test_deals_stand_where_the_data_has_them(boss):
    funnel = boss("GET", "/v1/analytics/funnel", **{"from": "2016-01-01"}, process="DEMO")
    assert {stage["stage"]: stage["deals"] for stage in funnel["stages"]} == {"PROSPECTING": 500, "ENGAGING": 1589}
    assert (funnel["flow"]["won"], funnel["flow"]["lost"]) == (4238, 2473)
    assert round(funnel["flow"]["winRate"], 4) == 0.6315


async def test_open_deals_are_worth_their_list_price_however_the_product_is_spelt(boss):
    funnel = boss("GET", "/v1/analytics/funnel", **{"from": "2016-01-01"}, process="DEMO")
    worth = {stage["stage"]: float(stage["amounts"][0]["amount"]) for stage in funnel["stages"]}
    assert worth == {"PROSPECTING": 1_073_986, "ENGAGING": 3_892_229}
    assert sum(worth.values()) == 4_966_215


async def test_won_revenue_and_cycle_are_those_of_the_year(boss):
    growth = boss("GET", "/v1/analytics/growth", **YEAR)["current"]
    assert won(growth) == (4238, 10_005_534)
    assert round(growth["cycleDays"], 2) == 51.78
    assert round(growth["winRate"], 4) == 0.6315


async def test_each_quarter_won_what_the_data_says(boss):
    groups = boss("GET", "/v1/analytics/growth", **YEAR, groupBy="QUARTER")["groups"]
    assert {group["key"]: won(group) for group in groups} | {"2016-Q4": None} == {
        "2016-Q4": None,
        "2017-Q1": (531, 1_134_672),
        "2017-Q2": (1254, 3_086_111),
        "2017-Q3": (1257, 2_982_255),
        "2017-Q4": (1196, 2_802_496),
    }
    assert [round(group["winRate"], 4) for group in groups[-4:]] == [0.8207, 0.6171, 0.6141, 0.6025]


async def test_managers_and_agents_won_what_the_data_says(boss):
    teams = {team["id"]: team["name"] for team in boss("GET", "/v1/teams", pageSize=200)["teams"]}
    groups = boss("GET", "/v1/analytics/growth", **YEAR, groupBy="TEAM")["groups"]
    assert (teams[groups[0]["key"]], won(groups[0])[1]) == ("Melvin Marxen", 2_251_930)
    people = {one["id"]: one["displayName"] for one in boss("GET", "/v1/colleagues", pageSize=200)["colleagues"]}
    groups = boss("GET", "/v1/analytics/growth", **YEAR, groupBy="OWNER")["groups"]
    assert [(people[group["key"]], won(group)[1]) for group in groups[:2]] == [
        ("Darcel Schlecht", 1_153_214),
        ("Vicki Laflamme", 478_396),
    ]
    assert len(groups) == 30, "five of the 35 agents own no deal"


@pytest.mark.parametrize(
    ("manager", "facts"),
    [("west", (1438, 3_568_647)), ("central", (1629, 3_346_293)), ("east", (1171, 3_090_594))],
)
async def test_the_manager_of_a_region_sees_its_revenue_and_no_more(stack, boss, password, manager, facts):
    region = Api(stack.url, "demo", manager, password)
    assert won(region("GET", "/v1/analytics/growth", **YEAR)["current"]) == facts


async def test_an_agent_sees_the_own_revenue_alone(stack, boss, password):
    agent = Api(stack.url, "demo", "darcel.schlecht", password)
    assert won(agent("GET", "/v1/analytics/growth", **YEAR)["current"])[1] == 1_153_214


async def test_each_product_won_what_the_data_says(boss):
    groups = boss("GET", "/v1/analytics/growth", **YEAR, groupBy="PRODUCT")["groups"]
    assert {group["key"]: won(group)[1] for group in groups} == PRODUCTS


async def test_an_account_is_linked_to_all_its_deals(boss):
    accounts = boss("GET", "/v1/accounts", pageSize=200)["accounts"]
    assert len(accounts) == 85
    assert sum(bool(account["parentId"]) for account in accounts) == 15
    [kan_code] = [account for account in accounts if account["name"] == "Kan-code"]
    deals = boss("GET", "/v1/deals", accountId=kan_code["id"], state="WON", pageSize=200)["deals"]
    assert sum(float(deal["amount"]["amount"]) for deal in deals) == 341_455


async def test_the_history_of_a_deal_is_that_of_its_dates(boss):
    [deal] = boss("GET", "/v1/deals", q="1C1I7A6R")["deals"]
    assert (deal["openTime"], deal["closeTime"]) == ("2016-10-19T16:00:00Z", "2017-02-28T16:00:00Z")
    moves = boss("GET", f"/v1/deals/{deal['id']}/stages")["moves"]
    assert [move["stage"] for move in moves] == ["PROSPECTING", "ENGAGING"]
    assert int(moves[1]["seconds"]) == 132 * 86_400


async def test_a_second_load_finds_its_data_and_loads_nothing(stack, boss, password):
    before = boss("GET", "/v1/operations", pageSize=200)["operations"]
    await asyncio.to_thread(load, stack.url, password)
    after = boss("GET", "/v1/operations", pageSize=200)["operations"]
    assert Counter(one["kind"] for one in after) == Counter(one["kind"] for one in before)


async def test_the_demo_shows_funnel_growth_and_receivables(boss):
    shown = "\n".join(lines(boss))
    assert "4,238 won, 2,473 lost, win rate 63.15%" in shown
    assert "Growth formula" in shown
    assert "Receivables at 2017-12-31" in shown
