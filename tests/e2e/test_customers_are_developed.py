"""Customers are classed each cycle and met as their class asks; none who signed is forgotten (客户发展与经营)."""

from datetime import UTC, datetime, timedelta

from tests.people import until
from tests.sweeps.world import MONEY


async def test_a_signed_customer_is_missed_then_met_and_classed_by_what_it_signed_for(town):
    company = await town.company("garden")
    boss, rep = company.boss, company.rep
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    signed = today - timedelta(days=120)
    account = (await rep.post("/v1/accounts", {"name": "园丁制造有限公司"}))["id"]
    contract = await rep.post("/v1/contracts", {"accountId": account, "amount": MONEY, "title": "供货"})
    await rep.post(f"/v1/contracts/{contract['id']}:sign", {"signDate": signed.isoformat()})

    async def neglected():
        return (await rep.get("/v1/neglectedAccounts", days=100)).get("accounts", [])

    await until(neglected)
    (missed,) = await neglected()
    assert (missed["id"], missed["days"] in (119, 120), "lastTouchTime" in missed) == (account, True, False)
    assert not (await company.colleague.get("/v1/neglectedAccounts", days=100)).get("accounts")
    assert not (await rep.get("/v1/neglectedAccounts", days=121)).get("accounts")

    await rep.post("/v1/touchpoints", {"accountId": account, "kind": "PHONE", "direction": "OUT"})

    async def met():
        return not await neglected()

    await until(met)
    year = {"startDate": signed.isoformat(), "endDate": today.isoformat()}
    cycle = await boss.post("/v1/cycles", {"code": "2026H2", "indicator": "SALES"} | year)
    (standing,) = (await rep.get(f"/v1/cycles/{cycle['id']}/standings"))["standings"]
    assert (standing["accountId"], standing["value"], standing["quintile"]) == (account, MONEY["amount"], 1)

    await boss.post("/v1/visitRules", {"quintile": 1, "form": "PHONE", "times": 2})
    groups = (await rep.get(f"/v1/cycles/{cycle['id']}/compliance"))["groups"]
    assert {"quintile": 1, "form": "PHONE", "accounts": 1, "planned": 2, "done": 1, "rate": 0.5} in groups
    assert not (await company.colleague.get(f"/v1/cycles/{cycle['id']}/compliance")).get("groups")
    assert (await rep.get("/v1/visitRules:suggest", purpose="CORE_PROBLEM"))["form"] == "MAIL"

    judged = {"level": 2, "evidence": "请我们参加年度供应商大会", "targetLevel": 4, "reviewDate": "2099-01-01"}
    await rep.post(f"/v1/accounts/{account}/relationLevels", judged)
    issue = await rep.post(f"/v1/accounts/{account}/issues", {"title": "发货总是晚一周", "core": True})
    await rep.post(f"/v1/issues/{issue['id']}:close", {"settlement": "改为双周发货"})

    async def told():
        entries = (await rep.get(f"/v1/accounts/{account}/timeline", pageSize=100))["entries"]
        return {"RELATION_JUDGED", "ISSUE_OPENED", "ISSUE_CLOSED"} <= {entry["kind"] for entry in entries}

    await until(told)


async def test_a_customers_pain_and_decision_chain_name_what_is_missing(town):
    company = await town.company("chain")
    rep = company.rep
    account = (await rep.post("/v1/accounts", {"name": "链条制造有限公司"}))["id"]
    buyer, owner = [
        (await rep.post(f"/v1/accounts/{account}/contacts", {"name": name}))["id"] for name in ("采购", "老板")
    ]
    suffers = {"pain": "月底对账要三天", "reason": "发货总是晚一周", "affectedContactIds": [owner]}
    pain = await rep.post(f"/v1/contacts/{buyer}/pains", suffers)
    approval = await rep.post(f"/v1/contacts/{buyer}/approvals", {"approverId": owner})
    circle = await rep.ask("POST", f"/v1/contacts/{owner}/approvals", {"approverId": buyer})
    assert (circle.status_code, circle.json()["reason"]) == (409, "DECISION_CYCLE")
    await rep.post(f"/v1/contacts/{owner}/approvals")
    chain = await company.manager.get(f"/v1/accounts/{account}/chain")
    assert [(one["contactId"], one["kind"]) for one in chain["gaps"]] == [(owner, "NO_PAIN"), (owner, "NO_REASON")]
    assert (chain["completeness"], chain["pains"], chain["approvals"][0]) == (0.75, [pain], approval)

    async def told():
        entries = (await rep.get(f"/v1/accounts/{account}/timeline"))["entries"]
        return sum(entry["kind"] == "ACCOUNT_CHAIN_CHANGED" for entry in entries) == 3

    await until(told)


async def test_a_market_whose_companies_were_contacted_is_saturated(town):
    company = await town.company("market")
    rep = company.rep
    year = (datetime.now(UTC) + timedelta(hours=8)).year
    told = {
        "region": "华东",
        "period": str(year),
        "addressable": 1,
        "source": "协会名录",
        "sourceDate": f"{year}-01-01",
    }
    size = await company.boss.post("/v1/marketSizes", told)
    account = (await rep.post("/v1/accounts", {"name": "饱和制造有限公司", "region": "华东/上海"}))["id"]
    await rep.post("/v1/touchpoints", {"accountId": account, "kind": "PHONE", "direction": "OUT"})

    async def saturated():
        (market,) = (await rep.get("/v1/marketSaturations"))["marketSaturations"]
        return market["penetration"] == "1.0000" and market["advice"] == "ADJUST_PRODUCT_LINE_OR_TERRITORY"

    await until(saturated)
    (found,) = (await rep.get(f"/v1/marketSizes/{size['id']}/companies"))["companies"]
    assert (found["id"], found["kind"], found["signDay"]) == (account, "ACCOUNT", "")
