"""9,240 leads of an education company: channels and attributes as they are, conversions as they are known."""

import asyncio
import csv
import io
import json
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx
import pytest

from deploy.local.demo.api import Api
from tests.e2e.shared_data import file
from tests.people import done, until
from tests.stack import PASSWORD

OCCUPATION = "What is your current occupation"
MAPPING = {
    "columns": {"Lead Number": ["externalId", "company"], "Lead Source": "channel", "Converted": "outcome"},
    "values": {"outcome": {"1": "CONVERTED", "0": ""}},
    "missing": ["Select"],
    "defaults": {"campaign": "X Education 招生"},
    "rest": "attributes",
}
COSTS = {"Google": "120000.00", "Direct Traffic": "30000.00", "Olark Chat": "45000.00", "Organic Search": "20000.50"}
"""What we say that channels have cost; the data does not tell."""
CAMPAIGN = "46200.00"
DAYS = 31
CHINA = ZoneInfo("Asia/Shanghai")
"""Whose days are counted."""
CHANNELS = {
    "Google": (2873, 1147, 0.3992),
    "Direct Traffic": (2543, 818, 0.3217),
    "Olark Chat": (1755, 448, 0.2553),
    "Organic Search": (1154, 436, 0.3778),
    "Reference": (534, 490, 0.9176),
    "Welingak Website": (142, 140, 0.9859),
    "Referral Sites": (125, 31, 0.2480),
    "Facebook": (55, 13, 0.2364),
}


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("x-education")


@pytest.fixture(scope="module")
async def boss(company, stack):
    """The boss of the company, once all its leads are recorded."""
    path = file("x_education_leads", "Leads.csv")
    api = Api(stack.url, company.tenant, "boss", PASSWORD)
    rows = await asyncio.to_thread(api.load, "leads", path.name, path.read_text(), MAPPING)
    assert (rows["created"], rows["existed"], rows["refused"]) == (9240, 0, 0)
    return api


@pytest.fixture(scope="module")
async def exported(stack, company, boss):
    """All leads as the API exports them, which the boss lets leave without asking."""
    quota = await company.boss.ask("GET", "/v1/exportQuota")
    limit = {"approvalRows": "10000"}
    done(await company.boss.ask("PATCH", "/v1/exportQuota", limit, if_match=quota.headers["etag"]))
    headers = {"authorization": f"Bearer {company.boss.token}", "accept": "text/csv"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=120, trust_env=False) as client:
        answer = await client.get("/v1/leads")
    lines = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    return [(row, json.loads(row["attributes"])) for row in lines]


async def test_conversions_by_channel_are_those_of_the_data(boss):
    async def counted():
        channels = boss("GET", "/v1/analytics/channels", fold=True)
        return channels if channels["total"]["converted"] == 3561 else None

    channels = await until(counted, 120)
    assert (channels["total"]["leads"], round(channels["total"]["conversionRate"], 4)) == (9240, 0.3854)
    found = {one["channel"]: (one["leads"], one["converted"], one["conversionRate"]) for one in channels["groups"]}
    assert {name: (leads, won, round(rate, 4)) for name, (leads, won, rate) in found.items() if name in CHANNELS} == (
        CHANNELS
    )
    assert found[""][0] == 36


@pytest.fixture(scope="module")
def today(exported):
    """The day on which the last lead was captured."""
    return datetime.now(CHINA).date()


@pytest.fixture(scope="module")
async def spent(company, today):
    """What each channel has cost over DAYS days that end today, of which the campaign's part went to Google."""
    span = {"startDate": str(today - timedelta(days=DAYS - 1)), "endDate": str(today)}
    for name, amount in COSTS.items():
        await company.boss.post("/v1/channels", {"name": name, "active": True})
        cost = {"amount": amount, "currency": "CNY"}
        await company.boss.post("/v1/channelCosts", {"channel": name, "cost": cost} | span)
    campaign = {"name": "X Education 招生", "channel": "Google", "cost": {"amount": CAMPAIGN, "currency": "CNY"}}
    await company.boss.post("/v1/campaigns", campaign | span)
    amounts = {name: Decimal(amount) for name, amount in COSTS.items()}
    return amounts | {"Google": amounts["Google"] + Decimal(CAMPAIGN)}


def cents(amount):
    return str(amount.quantize(Decimal("0.01")))


async def counted(boss, spent, **query):
    """Channels by name once all costs are counted in them."""

    async def told():
        whole = boss("GET", "/v1/analytics/channels", fold=True)["total"].get("cost", {"amount": 0})
        return Decimal(whole["amount"]) == sum(spent.values())

    await until(told)
    return {one["channel"]: one for one in boss("GET", "/v1/analytics/channels", fold=True, **query)["groups"]}


async def test_what_a_lead_costs_by_channel_is_what_was_spent_by_what_came(boss, exported, spent):
    leads = Counter(row["channel"].lower() for row, _ in exported)
    found = await counted(boss, spent)
    told = {name: (found[name]["cost"]["amount"], found[name]["costPerLead"]["amount"]) for name in spent}
    assert told == {name: (cents(amount), cents(amount / leads[name.lower()])) for name, amount in spent.items()}
    [group] = [one for one in boss("GET", "/v1/analytics/channels", groupBy="CAMPAIGN")["groups"] if one["campaign"]]
    assert (group["campaign"], group["leads"], group["converted"]) == ("X Education 招生", 9240, 3561)
    assert (group["cost"]["amount"], group["costPerLead"]["amount"]) == (CAMPAIGN, "5.00")
    assert (group["signed"], "costPerSigned" in group) == (0, False)


@pytest.mark.parametrize(("begin", "days"), [(0, 10), (25, DAYS - 25), (-5, 12)])
async def test_a_period_bears_its_days_share_of_what_was_spent(boss, exported, spent, today, begin, days):
    first = today - timedelta(days=DAYS - 1 - begin)
    period = {"from": str(first), "to": str(first + timedelta(days=days))}
    found = await counted(boss, spent, **period)
    borne = min(begin + days, DAYS) - max(begin, 0)
    assert {name: found[name]["cost"]["amount"] for name in spent} == {
        name: cents(amount * borne / DAYS) for name, amount in spent.items()
    }
    # All were captured today: the last days alone bear a price for them.
    came = Counter(row["channel"].lower() for row, _ in exported) if begin + days == DAYS else Counter()
    assert {name: found[name]["leads"] for name in spent} == {name: came[name.lower()] for name in spent}


async def test_the_small_funnel_is_what_came_and_what_went_on(boss, exported):
    went_on = sum(row["status"] == "CONVERTED" for row, _ in exported)
    layers = {one["layer"]: one for one in boss("GET", "/v1/analytics/smallFunnel")["layers"]}
    assert (layers["PROSPECT"]["count"], "rate" in layers["PROSPECT"]) == (0, False)
    lead = layers["LEAD"]
    assert (lead["count"], lead["promoted"], lead["rate"]) == (len(exported), went_on, went_on / len(exported))


async def test_what_was_never_chosen_is_missing_and_not_an_answer(exported):
    assert len(exported) == 9240
    assert not any("Select" in attributes.values() for _, attributes in exported)
    missing = Counter(
        name for _, attributes in exported for name in ("Specialization", "City") if name not in attributes
    )
    assert missing == {"Specialization": 1942 + 1438, "City": 2249 + 1420}


async def test_attributes_tell_who_buys(exported):
    leads = Counter(attributes.get(OCCUPATION, "") for _, attributes in exported)
    converted = Counter(attributes.get(OCCUPATION, "") for row, attributes in exported if row["status"] == "CONVERTED")
    assert (leads["Unemployed"], converted["Unemployed"]) == (5600, 2441)
    assert (leads["Working Professional"], converted["Working Professional"]) == (706, 647)
    assert (leads[""], converted[""]) == (2690, 370)


async def test_the_origin_of_leads_is_kept(exported):
    origins = Counter(attributes["Lead Origin"] for _, attributes in exported)
    assert (origins["API"], origins["Landing Page Submission"], origins["Lead Add Form"]) == (3580, 4886, 718)


async def test_a_channel_signs_other_people_than_it_brings(exported):
    def share(rows):
        professional = [attributes.get(OCCUPATION) == "Working Professional" for attributes in rows]
        return round(sum(professional) / len(professional), 3)

    google = [(row, attributes) for row, attributes in exported if row["channel"].lower() == "google"]
    assert share(attributes for _, attributes in google) == 0.069
    assert share(attributes for row, attributes in google if row["status"] == "CONVERTED") == 0.156


async def test_what_a_customer_costs_is_what_was_spent_by_what_was_signed(company, boss, exported, spent):
    signed = {"Google": 3, "Olark Chat": 1}
    for channel, wanted in signed.items():
        leads = boss("GET", "/v1/leads", channel=channel, status="NEW", pageSize=wanted)["leads"]
        for lead in leads:
            await company.boss.post(f"/v1/leads/{lead['id']}:qualify", {"score": 80})
            deal = (await company.boss.post(f"/v1/leads/{lead['id']}:convert", {}))["dealId"]
            amount = {"amount": "9000.00", "currency": "CNY"}
            await company.boss.post(f"/v1/deals/{deal}:win", {"amount": amount})

    async def told():
        return boss("GET", "/v1/analytics/channels")["total"]["signed"] == sum(signed.values())

    await until(told)
    found = await counted(boss, spent)
    assert {name: found[name]["signed"] for name in spent} == {name: signed.get(name, 0) for name in spent}
    assert {name: found[name]["costPerSigned"]["amount"] for name in signed} == {
        name: cents(spent[name] / wanted) for name, wanted in signed.items()
    }
    assert not any("costPerSigned" in found[name] for name in spent if name not in signed)
