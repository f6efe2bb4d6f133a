"""客户发展流程: each account stands in one of eight steps by the checklist of its territory; time goes by class."""

import pytest

from tests.people import until

STEPS = ("SEGMENT_MARKET", "FIND_LEADS", "CLASSIFY", "DESIGN_VISITS", "ALLOCATE", "PREPARE", "SELL", "PLAN_SALES")


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def test_accounts_go_through_the_eight_steps_and_are_counted_by_step_and_class(company):
    rep, boss, manager = company.rep, company.boss, company.manager
    asked = [{"step": step, "code": f"EAST_{step}", "label": f"华东 {step}"} for step in STEPS]
    refused = await boss.ask("POST", "/v1/developmentChecklists", {"territory": "华东", "items": [asked[0]] * 8})
    assert refused.json()["reason"] == "ITEM_TWICE"
    published = await boss.post("/v1/developmentChecklists", {"territory": "华东", "items": asked})
    assert published["version"] == 1
    east = (await rep.post("/v1/accounts", {"name": "上海云杉", "region": "华东", "industry": "制造"}))["id"]
    north = (await rep.post("/v1/accounts", {"name": "北京松林", "region": "华北"}))["id"]
    path = f"/v1/accounts/{east}/development"
    fresh = await rep.get(path)
    assert (fresh["step"], fresh["territory"], len(fresh["items"])) == ("SEGMENT_MARKET", "华东", 8)
    await rep.post(f"{path}:tick", {"item": "EAST_FIND_LEADS"})
    later = await rep.post(f"{path}:tick", {"item": "EAST_SEGMENT_MARKET"})
    assert (later["step"], later["checklistVersion"]) == ("CLASSIFY", 1)
    assert [passage["step"] for passage in later["passages"]] == ["SEGMENT_MARKET", "CLASSIFY"]
    await rep.post(f"/v1/accounts/{north}/development:tick", {"item": "SEGMENT_NAMED"})
    unknown = await rep.ask("POST", f"{path}:tick", {"item": "SEGMENT_NAMED"})
    assert unknown.json()["reason"] == "UNKNOWN_ITEM"
    values = [{"accountId": one, "value": value} for one, value in ((east, "9"), (north, "1"))]
    days = {"startDate": "2026-01-01", "endDate": "2026-03-31"}
    await boss.post("/v1/cycles", {"code": "2026Q1", "indicator": "GIVEN", "values": values} | days)
    figures = await manager.get("/v1/developments:figures")
    counted = {one["step"]: one["accounts"] for one in figures["steps"]}
    assert list(counted) == [*STEPS, "DONE"]
    assert {step: count for step, count in counted.items() if count} == {"FIND_LEADS": 1, "CLASSIFY": 1}
    assert sum(one["accounts"] for one in figures["classes"]) == 2
    assert all(one["quintile"] > 0 and one["p90S"] > 0 for one in figures["classes"])
    [listed] = (await rep.get("/v1/developments", step="CLASSIFY"))["developments"]
    assert listed["accountId"] == east
    exported = (await rep.ask("GET", "/v1/developments?format=csv&quintile=1")).text
    assert (east in exported, north in exported) == (True, False)

    async def told():
        entries = (await rep.get(f"/v1/accounts/{east}/timeline"))["entries"]
        return "客户发展进入步骤 CLASSIFY，原为 SEGMENT_MARKET" in [entry["summaryZh"] for entry in entries]

    await until(told)
    assert (await company.colleague.get("/v1/developments"))["developments"] == []
    assert (await company.colleague.ask("GET", path)).status_code == 404
