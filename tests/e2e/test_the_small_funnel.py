"""客户小漏斗: a prospect becomes a lead, and a deal only where a role is interested; the layers are counted."""

import pytest

from tests.people import until

RULES = {"needWayToReach": True, "needInterest": True}


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def test_a_company_goes_through_the_layers_and_is_counted_in_each(company):
    rep, boss = company.rep, company.boss
    await boss.post("/v1/promotionRules", RULES)
    found = [await rep.post("/v1/prospects", {"company": f"云杉{n}号", "channel": "名录"}) for n in range(4)]
    person = {"contactName": "张伟", "phone": "13800138000"}
    leads = [(await rep.post(f"/v1/prospects/{one['id']}:promote", person))["leadId"] for one in found[:2]]
    lead = f"/v1/leads/{leads[0]}"
    await rep.post(f"{lead}:qualify", {"score": 80})
    for _ in range(2):
        refused = await rep.ask("POST", f"{lead}:convert", {}, idempotency_key="convert-yunshan")
        assert (refused.status_code, refused.json()["reason"]) == (409, "INTEREST_MISSING")
    interest = {"interestRole": "DECISION_MAKER", "interestTopic": "产线升级"}
    converted = await rep.post(f"{lead}:convert", interest)
    assert converted["status"] == "CONVERTED"
    assert (await rep.get(f"{lead}/interests"))["interests"][0]["topic"] == "产线升级"
    figures = (await company.manager.get("/v1/refusedPromotions:figures"))["total"]
    assert (figures["attempts"], figures["leads"], figures["converted"]) == (1, 1, 1)
    opened = (await company.manager.get("/v1/refusedPromotions", first=True, converted=True))["refusedPromotions"]
    assert [(one["leadId"], one["repId"]) for one in opened] == [(leads[0], rep.id)]
    assert not (await company.colleague.get("/v1/refusedPromotions"))["refusedPromotions"]

    async def told():
        entries = (await rep.get(f"{lead}/timeline"))["entries"]
        return "记录兴趣，角色 DECISION_MAKER" in [entry["summaryZh"] for entry in entries]

    await until(told)

    async def refusals(who=rep):
        return (await who.get("/v1/analytics/smallFunnel"))["layers"][1].get("refusals")

    [refusal] = await until(refusals)
    assert (refusal["reason"], refusal["attempts"], refusal["leads"]) == ("INTEREST_MISSING", 1, 1)
    assert [one["path"] for one in (await rep.get(refusal["rows"]))["rows"]] == [lead]
    assert await refusals(company.manager)
    assert not await refusals(company.colleague)

    async def counted(who=rep):
        layers = (await who.get("/v1/analytics/smallFunnel"))["layers"]
        return {one["layer"]: (one["count"], one["promoted"], one.get("rate")) for one in layers}

    async def all_counted():
        return await counted() == {"PROSPECT": (4, 2, 0.5), "LEAD": (2, 1, 0.5)}

    await until(all_counted)
    assert await counted(company.manager) == await counted()
    assert await counted(company.colleague) == {"PROSPECT": (0, 0, None), "LEAD": (0, 0, None)}
