"""依照公司的判断规范: what a lead is worth comes from the company's checklist; reps are held against each other."""

import pytest

from tests.people import until

ANSWERS = {"MARKET": "YES", "NEED": "CLEAR", "BUDGET": "APPROVED", "TIMING": "THIS_QUARTER"}
SCORES = {"URGENT": 100, "CLEAR": 88, "VAGUE": 72}


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def test_the_qualified_share_and_the_scores_of_a_rep_come_from_the_standard(company):
    rep, boss = company.rep, company.boss
    standard = await boss.post("/v1/checklists", {"leadType": "INBOUND"})
    assert (standard["version"], standard["passScore"]) == (1, 50)
    for need in ("CLEAR", "URGENT", "VAGUE", "NONE"):
        lead = await rep.post("/v1/leads", {"company": f"云杉 {need}", "leadType": "INBOUND", "channel": "官网"})
        judged = await rep.post(f"/v1/leads/{lead['id']}:qualify", {"answers": ANSWERS | {"NEED": need}})
        assert judged["status"] == ("NEW" if need == "NONE" else "QUALIFIED")
        assert judged["score"] == SCORES.get(need, 60)
    refused = await rep.ask("POST", f"/v1/leads/{lead['id']}:qualify", {"score": 90})
    assert refused.json()["reason"] == "ANSWERS_REQUIRED"
    [judgement] = (await rep.get(f"/v1/leads/{lead['id']}/judgements"))["judgements"]
    assert (judgement["verdict"], judgement["checklistVersion"]) == ("KNOCKED_OUT", 1)

    async def counted():
        found = await boss.get("/v1/analytics/leadQuality", groupBy="OWNER")
        return found["groups"] if found["total"]["judged"] == 4 else None

    [group] = await until(counted)
    assert (group["key"], group["discovered"], group["qualified"]) == (rep.id, 4, 3)
    assert group["qualifiedRatio"] == 0.75
    assert group["scoreBands"] == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
    by_channel = await company.colleague.get("/v1/analytics/leadQuality", groupBy="CHANNEL")
    assert by_channel["groups"] == []
