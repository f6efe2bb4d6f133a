"""掐死在裤兜里的客户: a lead is given up by the company's standard, never in silence, and it comes back."""

import pytest

from tests.people import until

REASON = {"code": "NO_NEED", "label": "没有需求", "active": True, "secondLook": True}
STEPS = ["LEAD_CAPTURED", "LEAD_DISCARD_REQUESTED", "LEAD_DISCARD_REJECTED", "LEAD_DISCARD_REQUESTED"]


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def waiting(manager):
    return (await manager.get("/v1/discards", state="REQUESTED"))["discards"]


async def test_a_lead_is_given_up_after_a_second_look_and_taken_up_again_with_its_whole_story(company):
    rep, manager = company.rep, company.manager
    await company.boss.post("/v1/discardReasons", REASON)
    lead = await rep.post("/v1/leads", {"company": "上海云杉科技有限公司", "contactName": "张伟", "channel": "展会"})
    path = f"/v1/leads/{lead['id']}"
    assert (await rep.post(f"{path}:discard", {"reason": "NO_NEED"}))["status"] == "NEW"
    [asked] = await waiting(manager)
    await manager.post(f"/v1/discards/{asked['id']}:reject", {"why": "先打一个电话"})
    assert (await rep.get(path)).get("discardRequest", "") == ""
    await rep.post(f"{path}:discard", {"reason": "NO_NEED"})
    [asked] = await waiting(manager)
    await manager.post(f"/v1/discards/{asked['id']}:confirm")
    assert (await rep.get(path))["status"] == "DISCARDED"
    reopened = await rep.post(f"{path}:reopen", {"why": "客户主动来电"})
    assert (reopened["status"], reopened["discardReason"]) == ("NEW", "")
    kept = (await rep.get("/v1/discards", leadId=lead["id"]))["discards"]
    assert [one["state"] for one in kept] == ["REOPENED", "REJECTED"]

    async def told():
        entries = (await rep.get(f"{path}/timeline"))["entries"]
        kinds = [entry["kind"] for entry in entries][::-1]
        return kinds if len(kinds) == 6 else None

    assert await until(told) == [*STEPS, "LEAD_DISCARDED", "LEAD_REOPENED"]

    async def counted():
        total = (await company.boss.get("/v1/analytics/channels"))["total"]
        return total["leads"] == 1 and total["discarded"] == 0

    await until(counted)
