"""Strategic customers are researched, chosen and run by a plan, and more of their wallet comes to us (战略客户经营).

The tests are one story, in this order.
"""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from tests.people import until

TODAY = (datetime.now(UTC) + timedelta(hours=8)).date()
YEAR = TODAY.year
REVIEW = {"reviewDate": "2099-01-01"}


def cny(amount):
    return {"amount": amount, "currency": "CNY"}


@pytest.fixture(scope="module")
async def customer(town):
    """A rep's customer that signed for servers last year and this."""
    company = await town.company("yunying")
    boss, rep = company.boss, company.rep
    account = (await rep.post("/v1/accounts", {"name": "远大集团有限公司"}))["id"]
    await boss.post("/v1/products", {"code": "SRV-1", "name": "机架服务器"})
    for year, amount in ((YEAR - 1, "40.00"), (YEAR, "100.00")):
        lines = [{"productCode": "SRV-1", "amount": cny(amount)}]
        contract = await rep.post("/v1/contracts", {"accountId": account, "title": "供货", "lines": lines})
        await rep.post(f"/v1/contracts/{contract['id']}:sign", {"signDate": f"{year}-01-01"})
    return SimpleNamespace(company=company, boss=boss, rep=rep, id=account, at=f"/v1/accounts/{account}")


async def test_how_much_of_what_it_spends_comes_to_us_and_is_that_more_than_before(customer):
    """扩大钱包份额."""
    boss, rep = customer.boss, customer.rep
    servers = {"code": "SERVERS", "label": "服务器", "active": True, "productCodes": ["SRV-1"]}
    await boss.post("/v1/spendCategories", servers)
    known = ((YEAR - 1, "400.00", "招标公告"), (YEAR, "300.00", "估计"), (YEAR, "500.00", "客户年报"))
    for period, amount, source in known:
        spend = {"category": "SERVERS", "period": str(period), "amount": cny(amount), "source": source}
        await rep.post(f"{customer.at}/spends", spend | {"sourceDate": TODAY.isoformat()})

    async def heard():
        (found,) = (await rep.get("/v1/wallets", period=str(YEAR)))["wallets"]
        return (found.get("share"), found.get("previousShare"), found["overSpend"]) == (0.2, 0.1, False)

    await until(heard)
    assert customer.id in (await rep.ask("GET", "/v1/wallets?format=csv&orderBy=share")).text
    assert len((await rep.get(f"{customer.at}/spends"))["spends"]) == 3
    assert not (await customer.company.colleague.get("/v1/wallets")).get("wallets")


async def test_its_strategy_is_researched_and_our_products_are_held_against_its_needs(customer):
    """搜集和研究客户战略, 匹配度."""
    note = {"kind": "STRATEGY", "text": "三年内在海外建厂", "source": "客户年报", "sourceDate": TODAY.isoformat()}
    await customer.rep.post(f"{customer.at}/researchNotes", note)
    cells = [
        {"productCode": "SRV-1", "need": "海外交付", "importance": 5, "fit": 2},
        {"productCode": "SRV-1", "need": "稳定运行", "importance": 5, "fit": 4},
    ]
    fit = await customer.rep.post(f"{customer.at}/fit", {"cells": cells})
    assert (fit["score"], fit["gaps"]) == (3, ["海外交付"])


async def test_it_is_chosen_by_the_relation_model(customer):
    """战略客户的挑选."""
    boss, rep = customer.boss, customer.rep
    level = {"level": 3, "evidence": "请我们参加年度供应商大会"} | REVIEW
    await rep.post(f"{customer.at}/relationLevels", level)
    decided = {"decision": "RUN", "reason": "海外建厂需要长期伙伴"} | REVIEW
    chosen = await boss.post(f"{customer.at}/selections", decided)
    # Half of 30 for the level, a fifth of 10 for the wallet, three fifths of 20 for the fit; no wall and no class yet.
    assert chosen["score"] == 48.3
    strategic = (await rep.get("/v1/selections", decision="RUN"))["selections"]
    assert [one["accountId"] for one in strategic] == [customer.id]
    figures = await rep.get("/v1/selections:figures", startDate=f"{YEAR}-01-01", endDate=f"{YEAR}-12-31")
    assert (figures["run"], figures["revenue"]["amount"], figures["share"]) == (1, "100.00", 1)


async def test_it_is_run_by_a_plan_with_something_to_do_on_both_sides(customer):
    """客户运营计划表, 战略客户能带来多少业绩."""
    boss, rep = customer.boss, customer.rep
    await boss.post("/v1/discountRates", {"rate": "0.10", "source": "资本成本"})
    given = {"strategyFit": "客户出海，我们在海外交付", "jointGoals": "成为海外工厂的首选供应商"}
    revenues = [{"year": YEAR + n, "revenue": cny("200.00")} for n in range(3)]
    plan = await rep.post(f"{customer.at}/plans", given | {"firstYear": YEAR, "years": 3, "expected": revenues})
    at = f"/v1/accountPlans/{plan['id']}"
    for side, title in (("OURS", "在海外设备件库"), ("THEIRS", "海外工厂立项")):
        action = await rep.post(f"{at}/actions", {"side": side, "title": title, "dueDate": TODAY.isoformat()})
    await rep.post(f"/v1/planActions/{action['id']}:finish", {"outcome": "已立项"})
    approved = await boss.post(f"{at}:approve")
    assert (approved["status"], approved["approvals"]) == ("APPROVED", 1)
    worth = await rep.get(f"{at}/figures", approval=1)
    assert (worth["expected"]["amount"], worth["netPresentValue"]["amount"]) == ("600.00", "497.37")
    assert (worth["byYear"][0]["actual"]["amount"], worth["byYear"][0]["attainment"]) == ("100.00", 0.5)
    assert (worth["progress"]["rate"], worth["theirs"]["rate"], worth["ours"]["rate"]) == (0.5, 1, 0)
    await boss.post(f"{at}:close", {"reason": "客户调整战略"})


async def test_dropped_it_leaves_the_list_and_who_works_it_is_told(customer):
    """不是所有的客户都应该留下."""
    boss, rep = customer.boss, customer.rep
    await boss.post(f"{customer.at}/selections", {"decision": "DROP", "reason": "海外计划取消"} | REVIEW)
    assert not (await rep.get("/v1/selections", decision="RUN")).get("selections")
    assert [one["decision"] for one in (await rep.get(f"{customer.at}/selections"))["selections"]] == ["DROP", "RUN"]
    kinds = {one["kind"] for one in (await rep.get("/v1/notices"))["notices"]}
    assert {"ACCOUNT_MADE_STRATEGIC", "ACCOUNT_DROPPED", "PLAN_APPROVED"} <= kinds

    async def told():
        entries = (await rep.get(f"{customer.at}/timeline", pageSize=200))["entries"]
        wanted = {"SPEND_RECORDED", "FIT_JUDGED", "SELECTION_DECIDED", "ACCOUNT_PLAN_APPROVED", "PLAN_ACTION_SETTLED"}
        return wanted <= {entry["kind"] for entry in entries}

    await until(told)
