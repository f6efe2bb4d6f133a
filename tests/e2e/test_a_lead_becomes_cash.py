"""The story that Dealtrail is for: a lead becomes an account and a deal, the deal a contract, the contract money."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.people import until


def day(later=0):
    """The day so many days from now, in China."""
    return (datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=later)).isoformat()


def cny(amount):
    return {"amount": amount, "currency": "CNY"}


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


@pytest.fixture(scope="module")
async def deal(company):
    """From the lead to the won deal."""
    rep = company.rep
    asked = {"company": "上海云杉科技有限公司", "contactName": "张伟", "phone": "138 0013 8000", "channel": "展会"}
    lead = await rep.post("/v1/leads", asked)
    assert (lead["status"], lead["ownerId"], lead["phone"]) == ("NEW", rep.id, "138****8000")
    call = {"leadId": lead["id"], "kind": "PHONE", "direction": "OUT", "occurredTime": lead["createTime"]}
    await rep.post("/v1/touchpoints", call)
    await rep.post(f"/v1/leads/{lead['id']}:qualify", {"score": 70})
    lead = await rep.post(f"/v1/leads/{lead['id']}:convert", {"dealName": "云杉 产线升级"})
    assert lead["status"] == "CONVERTED"
    [contact] = (await rep.get(f"/v1/accounts/{lead['accountId']}/contacts"))["contacts"]
    assert (contact["id"], contact["name"]) == (lead["contactId"], "张伟")

    path = f"/v1/deals/{lead['dealId']}"
    deal = await rep.get(path)
    assert (deal["name"], deal["stage"], deal["leadId"]) == ("云杉 产线升级", "CONTACT", lead["id"])
    await rep.post(f"{path}:advance", {"why": "约定了会面"})
    judged = {"value": "VALUABLE", "grade": "BIG", "amount": cny("90000"), "why": "预算已批"}
    await rep.post(f"{path}:triage", judged)
    await rep.post(f"{path}:advance", {"stage": "NEGOTIATION"})
    await rep.post(f"{path}:regress", {"stage": "SOLUTION", "why": "客户要求改方案"})
    deal = await rep.post(f"{path}:win", {"amount": cny("100000.00")})
    assert (deal["state"], deal["amount"], deal["triage"]["grade"]) == ("WON", cny("100000.00"), "BIG")
    return deal


@pytest.fixture(scope="module")
async def contract(company, deal):
    """Drafted from the deal with two instalments, and signed."""
    plan = [
        {"label": "首付款", "trigger": "SIGN", "amount": cny("30000.00")},
        {"label": "尾款", "trigger": "DATE", "dueDate": day(30), "amount": cny("70000.00")},
    ]
    drafted = await company.rep.post("/v1/contracts", {"dealId": deal["id"], "instalments": plan})
    assert (drafted["status"], drafted["accountId"], drafted["amount"]) == ("DRAFT", deal["accountId"], deal["amount"])
    signed = await company.rep.post(f"/v1/contracts/{drafted['id']}:sign")
    assert (signed["status"], signed["signDate"]) == ("SIGNED", day())
    return signed


async def paid(person, contract):
    """What is paid of each instalment."""
    found = (await person.get(f"/v1/contracts/{contract['id']}/instalments"))["instalments"]
    return [one["paid"]["amount"] for one in found]


@pytest.fixture(scope="module")
async def receipts(company, contract):
    """Money in part, over two instalments, beyond what is due; and one receipt that was a mistake."""
    rep = company.rep

    async def receive(amount):
        told = {"contractId": contract["id"], "amount": cny(amount), "receivedDate": day()}
        receipt = await rep.post("/v1/receipts", told)
        return receipt, receipt["unapplied"]["amount"], await paid(rep, contract)

    in_part = await receive("20000.00")
    assert in_part[1:] == ("0.00", ["20000.00", "0.00"])
    over_two = await receive("50000.00")
    assert over_two[1:] == ("0.00", ["30000.00", "40000.00"])
    too_much = await receive("40000.00")
    assert too_much[1:] == ("10000.00", ["30000.00", "70000.00"])
    voided = await company.manager.post(f"/v1/receipts/{too_much[0]['id']}:void", {"reason": "录入错误"})
    assert (voided["status"], voided["allocations"]) == ("VOIDED", [])
    assert await paid(rep, contract) == ["30000.00", "40000.00"]
    return [in_part[0], over_two[0], voided]


STEPS = [
    "LEAD_CAPTURED",
    "PHONE",
    "LEAD_QUALIFIED",
    "ACCOUNT_CREATED",
    "CONTACT_CREATED",
    "DEAL_OPENED",
    "LEAD_CONVERTED",
    "DEAL_ADVANCED",
    "DEAL_TRIAGED",
    "DEAL_FORECAST_CHANGED",
    "DEAL_ADVANCED",
    "DEAL_REGRESSED",
    "DEAL_WON",
    "CONTRACT_DRAFTED",
    "CONTRACT_SIGNED",
    "RECEIPT_RECORDED",
    "RECEIPT_RECORDED",
    "INSTALMENT_PAID",
    "RECEIPT_RECORDED",
    "INSTALMENT_PAID",
    "RECEIPT_VOIDED",
]


MILESTONES = [
    "LEAD_CAPTURED",
    "PHONE",
    "LEAD_QUALIFIED",
    "LEAD_CONVERTED",
    "DEAL_TRIAGED",
    "DEAL_REGRESSED",
    "DEAL_WON",
    "CONTRACT_DRAFTED",
    "CONTRACT_SIGNED",
    "RECEIPT_VOIDED",
]
"""Steps of commands of their own: the several that one command makes have no order among them."""


@pytest.fixture(scope="module")
async def entries(company, deal, receipts):
    """The account's whole timeline, oldest first, once all of it has arrived."""

    async def whole():
        page = await company.rep.get(f"/v1/accounts/{deal['accountId']}/timeline", pageSize=200)
        return page["entries"][::-1] if len(page["entries"]) >= len(STEPS) else None

    return await until(whole)


async def test_the_timeline_shows_every_step_in_the_order_of_happening(entries):
    moments = [datetime.fromisoformat(entry["occurredTime"]) for entry in entries]
    assert moments == sorted(moments)
    assert sorted(entry["kind"] for entry in entries) == sorted(STEPS)
    milestones = [entry["kind"] for entry in entries if entry["kind"] in MILESTONES]
    assert milestones == MILESTONES
    summaries = {entry["kind"]: entry["summaryZh"] for entry in entries}
    assert summaries["LEAD_CAPTURED"] == "获得线索，渠道 展会"
    assert summaries["DEAL_WON"] == "赢单，金额 100000.00 CNY"
    assert summaries["DEAL_REGRESSED"] == "阶段回流：商务谈判 → 方案认可"


async def test_funnel_growth_and_receivables_show_it_to_whoever_may_see_it(company, deal, receipts):
    async def collected():
        figures = (await company.rep.get("/v1/analytics/receivables"))["figures"]
        return figures and figures[0]["open"]["amount"] == "30000.00"

    await until(collected)
    for person in (company.rep, company.manager, company.boss):
        funnel = await person.get("/v1/analytics/funnel")
        assert (funnel["flow"]["inflow"], funnel["flow"]["won"], funnel["flow"]["openTo"]) == (1, 1, 0)
        growth = (await person.get("/v1/analytics/growth"))["current"]
        assert (growth["opened"], growth["won"], growth["wonAmount"]) == (1, 1, cny("100000.00"))
        [rows] = (await person.get(growth["wonRows"]))["rows"]
        assert (rows["id"], rows["status"]) == (deal["id"], "WON")
        [figures] = (await person.get("/v1/analytics/receivables"))["figures"]
        assert (figures["open"], figures["openInstalments"]) == (cny("30000.00"), 1)
        [total] = (await person.get("/v1/receivables/aging"))["totals"]
        assert total["amount"] == cny("30000.00")


async def test_a_manager_and_the_boss_see_the_whole_story_and_another_rep_nothing(company, deal, contract, entries):
    paths = [f"/v1/deals/{deal['id']}", f"/v1/accounts/{deal['accountId']}", f"/v1/contracts/{contract['id']}"]
    timeline = f"/v1/accounts/{deal['accountId']}/timeline"
    for person in (company.manager, company.boss):
        for path in paths:
            assert (await person.get(path))["id"] in path
        seen = (await person.get(timeline, pageSize=200))["entries"]
        assert [entry["id"] for entry in seen[::-1]] == [entry["id"] for entry in entries]
    for path in paths:
        assert (await company.colleague.ask("GET", path)).status_code == 404
    assert (await company.colleague.get(timeline))["entries"] == []
    assert (await company.colleague.get("/v1/analytics/funnel"))["flow"]["inflow"] == 0
    assert (await company.colleague.get("/v1/analytics/receivables"))["figures"] == []


async def test_the_books_agree_with_their_journal(company, receipts):
    found = await company.boss.get("/v1/reconciliation")
    assert found["compared"] > 0
    assert found["discrepancies"] == []
