"""公海: a lead that its owner lets go is free for everybody, and whoever claims it works it with its whole story."""

import pytest

from tests.people import until


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def test_a_lead_given_back_is_claimed_by_a_colleague_and_its_story_goes_along(company):
    rep, colleague = company.rep, company.colleague
    told = {"company": "上海云杉科技有限公司", "contactName": "张伟", "phone": "13800138000", "channel": "展会"}
    lead = (await rep.post("/v1/leads", told))["id"]
    await rep.post(f"/v1/pool/{lead}:return", {"why": "没有时间跟进"})
    assert (await rep.ask("GET", f"/v1/leads/{lead}")).status_code == 404
    [lying] = (await colleague.get("/v1/pool"))["leads"]
    assert (lying["leadId"], lying["reason"], lying.get("phone", "")) == (lead, "GIVEN_BACK", "")
    assert (await colleague.post(f"/v1/pool/{lead}:view"))["phone"] == "138****8000"
    refused = await rep.ask("POST", f"/v1/pool/{lead}:claim", {})
    assert (refused.status_code, refused.json()["reason"]) == (409, "COOLING_DOWN")
    assert (await colleague.post(f"/v1/pool/{lead}:claim"))["ownerId"] == colleague.id
    assert (await colleague.get("/v1/pool"))["leads"] == []
    moves = (await colleague.get(f"/v1/leads/{lead}/poolMoves"))["moves"]
    assert [(one["kind"], one["why"]) for one in moves] == [("CLAIMED", ""), ("RETURNED", "没有时间跟进")]

    async def story():
        entries = (await colleague.get(f"/v1/leads/{lead}/timeline"))["entries"]
        return len(entries) == 3 and [entry["summaryZh"] for entry in entries]

    assert await until(story) == ["从公海领取线索", "线索退回公海，原因 GIVEN_BACK", "获得线索，渠道 展会"]
    assert (await rep.get(f"/v1/leads/{lead}/timeline"))["entries"] == []
