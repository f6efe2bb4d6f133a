"""What is known of three real data sets, counted from events that are made of their files."""

import csv
import os
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from dealtrail.analytics.v1 import channels_pb2, funnel_pb2, growth_pb2, receivables_pb2

from services.kit.principal import Principal
from services.kit.testing import person
from tests.integration.analytics.conftest import serving
from tests.integration.analytics.events import ContractStory, DealStory, lead_story

SHARED = Path(os.environ.get("DEALTRAIL_SHARED", Path(__file__).resolve().parents[4] / "shared"))
TODAY = datetime.now(UTC).date()
YEAR: Any = {"from": "2017-01-01", "to": "2018-01-01"}
EVER: Any = {"from": "2016-01-01"}
REGIONS = {"West": (1438, 3_568_647), "Central": (1629, 3_346_293), "East": (1171, 3_090_594)}


@cache
def read(folder, name):
    """The rows of a file of the data set; where it is not at hand the test is skipped, saying so."""
    path = SHARED / "data" / folder / name
    if not path.exists():
        pytest.skip(f"no {path}: DEALTRAIL_SHARED names the folder that has it")
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


async def tell(analytics, tenant, events):
    for start in range(0, len(events), 128):
        await analytics.tell(tenant, events[start : start + 128])


class Sellers:
    """The sellers of the CRM data as reps, their managers' teams, and a manager for each region above them."""

    def __init__(self, rows):
        self.boss = person("BOSS")
        tenant = self.boss.tenant_id
        self.tenant = tenant
        self.teams = {row["manager"]: uuid5(NAMESPACE_URL, row["manager"]) for row in rows}
        self.reps = {row["sales_agent"]: person("REP", tenant, self.teams[row["manager"]]) for row in rows}
        self.regions = {}
        for region in REGIONS:
            below = tuple({self.teams[row["manager"]] for row in rows if row["regional_office"] == region})
            self.regions[region] = Principal(tenant, uuid5(tenant, region), "MANAGER", None, below)


def deal_of(row, sellers, prices):
    """A deal of the pipeline as it went. One without a day of engagement is as good as opened today."""
    day = date.fromisoformat
    product = {"GTXPro": "GTX Pro"}.get(row["product"], row["product"])
    opened = day(row["engage_date"]) if row["engage_date"] else TODAY
    stage = 0 if row["deal_stage"] == "Prospecting" else 1
    story = DealStory(sellers.reps[row["sales_agent"]], opened, stage, prices[product], product=product)
    if row["close_date"]:
        story.close(day(row["close_date"]), row["deal_stage"].upper(), row["close_value"])
    return story


@pytest.fixture(scope="module")
async def analytics(postgres, nats_server, tmp_path_factory):
    """The running service, one for all data sets: each is a tenant of its own."""
    async with (
        postgres.fresh("analytics") as access,
        serving(access, nats_server, tmp_path_factory.mktemp("analytics")) as found,
    ):
        yield found


@pytest.fixture(scope="module")
async def sellers(analytics):
    """The whole pipeline, told; who sold it."""
    folder = "maven_crm_opportunities"
    rows = read(folder, "sales_pipeline.csv")
    found = Sellers(read(folder, "sales_teams.csv"))
    prices = {row["product"]: row["sales_price"] for row in read(folder, "products.csv")}
    stories = [deal_of(row, found, prices) for row in rows]
    await tell(analytics, found.tenant, [event for story in stories for event in story.events])
    return found


async def grow(analytics, who, **fields):
    return await analytics(who, "GetGrowth", growth_pb2.GetGrowthRequest(**YEAR, **fields))


def won(figures):
    return figures.won, float(figures.won_amount.amount or 0)


async def test_the_pipeline_is_counted_as_its_source_says(analytics, sellers):
    funnel = await analytics(sellers.boss, "GetFunnel", funnel_pb2.GetFunnelRequest(**EVER))
    assert {stage.stage: stage.deals for stage in funnel.stages} == {"PROSPECTING": 500, "ENGAGING": 1589}
    assert [stage.amounts[0].amount for stage in funnel.stages] == ["1073986.00", "3892229.00"]
    assert (funnel.flow.won, funnel.flow.lost, round(funnel.flow.win_rate, 4)) == (4238, 2473, 0.6315)
    assert funnel.flow.open_to == funnel.flow.open_from + funnel.flow.inflow - funnel.flow.won - funnel.flow.lost
    assert len(await analytics.rows(sellers.boss, funnel.stages[0].rows)) == 50, "a page of them"
    growth = (await grow(analytics, sellers.boss)).current
    assert won(growth) == (4238, 10_005_534)
    assert (round(growth.cycle_days, 2), round(growth.win_rate, 4)) == (51.78, 0.6315)
    assert float(growth.average_amount.amount) == 2360.91
    quarters = (await grow(analytics, sellers.boss, group_by=growth_pb2.GetGrowthRequest.QUARTER)).groups
    assert [won(group) for group in quarters] == [
        (531, 1_134_672),
        (1254, 3_086_111),
        (1257, 2_982_255),
        (1196, 2_802_496),
    ]
    assert [round(group.win_rate, 4) for group in quarters] == [0.8207, 0.6171, 0.6141, 0.6025]


async def test_managers_and_agents_sold_what_their_source_says(analytics, sellers):
    teams = (await grow(analytics, sellers.boss, group_by=growth_pb2.GetGrowthRequest.TEAM)).groups
    assert (teams[0].key, won(teams[0])[1]) == (str(sellers.teams["Melvin Marxen"]), 2_251_930)
    owners = (await grow(analytics, sellers.boss, group_by=growth_pb2.GetGrowthRequest.OWNER)).groups
    best = [str(sellers.reps[name].user_id) for name in ("Darcel Schlecht", "Vicki Laflamme")]
    assert [(group.key, won(group)[1]) for group in owners[:2]] == [(best[0], 1_153_214), (best[1], 478_396)]
    assert len(owners) == 30
    for region, facts in REGIONS.items():
        assert won((await grow(analytics, sellers.regions[region])).current) == facts
    for name, who in sellers.reps.items():
        mine = next((won(group) for group in owners if group.key == str(who.user_id)), (0, 0))
        assert won((await grow(analytics, who)).current) == mine, name


async def test_products_sold_what_their_source_says(analytics, sellers):
    products = (await grow(analytics, sellers.boss, group_by=growth_pb2.GetGrowthRequest.PRODUCT)).groups
    found = {group.key: won(group)[1] for group in products}
    assert (found["GTX Pro"], found["MG Special"], sum(found.values())) == (3_510_578, 43_768, 10_005_534)
    for name, amount in found.items():
        assert won((await grow(analytics, sellers.boss, product=name)).current)[1] == amount


async def test_half_years_decompose_exactly(analytics, sellers):
    halves: Any = {"from": "2017-07-01", "to": "2018-01-01", "compare_from": "2017-01-01", "compare_to": "2017-07-01"}
    growth = await analytics(sellers.boss, "GetGrowth", growth_pb2.GetGrowthRequest(**halves))
    change = growth.log_change
    parts = change.opened + change.win_rate + change.average_amount + change.cycle_days
    assert abs(change.velocity - parts) < 1e-9
    assert change.opened < 0 < change.average_amount + 1


@pytest.mark.parametrize(
    ("start", "middle", "end"), [("2017-04-01", "2017-06-20", "2017-07-01"), ("2017-10-01", "2017-12-20", "2018-01-01")]
)
async def test_a_quarter_from_its_sums_is_its_two_parts_counted_deal_by_deal(analytics, sellers, start, middle, end):
    async def flow(first, last):
        request = funnel_pb2.GetFunnelRequest(**{"from": first, "to": last})
        return (await analytics(sellers.boss, "GetFunnel", request)).flow

    whole, first, rest = await flow(start, end), await flow(start, middle), await flow(middle, end)
    assert (first.open_from, first.open_to, rest.open_to) == (whole.open_from, rest.open_from, whole.open_to)
    for name in ("inflow", "won", "lost"):
        assert getattr(first, name) + getattr(rest, name) == getattr(whole, name)


async def test_invoices_age_as_their_source_says(analytics, company):
    events = []
    for row in read("ibm_accounts_receivable", "WA_Fn-UseC_-Accounts-Receivable.csv"):
        signed, due, settled = (
            datetime.strptime(row[name], "%m/%d/%Y").replace(tzinfo=UTC).date()
            for name in ("InvoiceDate", "DueDate", "SettledDate")
        )
        amount = row["InvoiceAmount"]
        story = ContractStory(company.rep, signed, [(due, amount)], "USD", number=row["invoiceNumber"])
        events += story.pay(settled, (0, float(amount))).events
    await tell(analytics, company.tenant, events)
    for day, facts in (
        ("2012-12-31", [(86, "4936.32"), (13, "788.74")]),
        ("2013-06-30", [(72, "4284.29"), (12, "835.56")]),
        ("2013-09-30", [(81, "4563.74"), (7, "465.48")]),
    ):
        request = receivables_pb2.GetReceivablesRequest(as_of=day)
        [figures] = (await analytics(company.boss, "GetReceivables", request)).figures
        found = [(one.instalments, one.amount.amount) for one in figures.buckets]
        assert found == [*facts, (0, "0.00"), (0, "0.00"), (0, "0.00")], day
        assert len(await analytics.rows(company.boss, figures.buckets[1].rows)) == facts[1][0]
    ever = receivables_pb2.GetReceivablesRequest(**{"from": "2012-01-01", "to": "2014-06-01"}, as_of="2014-06-01")
    [figures] = (await analytics(company.boss, "GetReceivables", ever)).figures
    assert (figures.due_instalments, figures.late_instalments, figures.open_instalments) == (2466, 877, 0)
    assert (figures.due.amount, figures.collection_rate) == ("147703.18", 1)


async def test_leads_convert_by_channel_as_their_source_says(analytics, company):
    events = []
    for row in read("x_education_leads", "Leads.csv"):
        statuses = ("NEW", "QUALIFIED", "CONVERTED") if row["Converted"] == "1" else ("NEW",)
        events += lead_story(company.rep, date(2024, 3, 3), row["Lead Source"], row["Lead Origin"], statuses)
    await tell(analytics, company.tenant, events)
    folded = await analytics(company.boss, "GetChannels", channels_pb2.GetChannelsRequest(fold=True))
    assert (folded.total.leads, folded.total.converted, round(folded.total.conversion_rate, 4)) == (9240, 3561, 0.3854)
    found = {group.channel: (group.leads, group.converted) for group in folded.groups}
    assert found["Google"] == (2873, 1147)
    assert (found["Direct Traffic"], found["Olark Chat"], found["Reference"]) == ((2543, 818), (1755, 448), (534, 490))
    plain = await analytics(company.boss, "GetChannels", channels_pb2.GetChannelsRequest())
    assert {group.channel: group.leads for group in plain.groups}["google"] == 5
