"""快速响应: how soon a lead is answered is measured from capture to the first touch, in working time, for each rep."""

import pytest

from tests.people import until


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def test_the_first_touch_stops_the_clock_and_shows_in_the_first_impression_of_the_rep(company):
    rep, boss = company.rep, company.boss
    limits = {"responseMinutes": 30, "escalateMinutes": 30, "dispositionDays": 2, "active": True}
    await boss.post("/v1/slaPolicies", {"code": "ALL", "managerId": company.manager.id} | limits)
    answered, waiting = [await rep.post("/v1/leads", {"company": name, "channel": "官网"}) for name in ("云杉", "红松")]
    called = {"leadId": answered["id"], "kind": "PHONE"}
    asked = called | {"leadId": waiting["id"], "direction": "IN"}
    await rep.post("/v1/touchpoints", asked)
    await rep.post("/v1/touchpoints", called | {"direction": "OUT"})

    async def stopped():
        found = await rep.ask("GET", f"/v1/leads/{answered['id']}/clock")
        known = found.status_code == 200 and found.json()["policy"]
        return found.json() if known and "firstTouchTime" in found.json() else None

    async def running():
        found = await rep.ask("GET", f"/v1/leads/{waiting['id']}/clock")
        return found.json() if found.status_code == 200 else None

    clock = await until(stopped)
    assert (clock["policy"], clock["dueTime"]) == ("ALL", clock["disposeBy"])
    still = await until(running)
    assert still["dueTime"] == still["respondBy"]
    assert (await company.manager.get("/v1/leads:overdue"))["clocks"] == []

    async def counted():
        found = (await boss.get("/v1/analytics/leadQuality"))["groups"]
        return found[0] if found and found[0]["firstResponse"]["limited"] == 2 else None

    group = await until(counted)
    response = group["firstResponse"]
    assert (group["key"], group["discovered"], response["answered"]) == (rep.id, 2, 1)
    assert 0 <= response["p50S"] <= 60
    assert (response["breachRate"], group["silentLoss"]) == (0, 0)
