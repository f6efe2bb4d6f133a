"""ML线索管理RACI: each stage has one who answers for it; A approves, I is notified."""

import pytest

from tests.people import until

STAGES = ("COLLECTED", "VERIFIED", "DISTRIBUTED", "NURTURED", "CONVERTED", "CLOSED")


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def test_a_chart_holds_once_each_step_has_an_a_who_approves_and_whoever_is_i_is_notified(company):
    rep, manager, boss = company.rep, company.manager, company.boss
    answers = [{"stage": stage, "duty": "ACCOUNTABLE", "party": "MANAGER"} for stage in STAGES[:-1]]
    informed = {"stage": "VERIFIED", "duty": "INFORMED", "party": "USER", "userId": manager.id}
    draft = await boss.post("/v1/raciCharts", {"assignments": [*answers, informed]})
    assert (draft["state"], draft["stagesWithoutAccountable"]) == ("DRAFT", 1)
    assert draft["gaps"] == [{"stage": "CLOSED", "kind": "NO_ACCOUNTABLE"}]
    refused = (await boss.ask("POST", f"/v1/raciCharts/{draft['id']}:activate", {})).json()
    assert refused["reason"] == "STAGES_WITHOUT_ACCOUNTABLE"
    assert "CLOSED" in refused["detail"]
    closing = {"stage": "CLOSED", "duty": "ACCOUNTABLE", "party": "BOSS"}
    chart = await boss.post("/v1/raciCharts", {"assignments": [*answers, informed, closing]})
    assert (await boss.post(f"/v1/raciCharts/{chart['id']}:activate"))["state"] == "ACTIVE"

    await boss.post("/v1/discardReasons", {"code": "NO_NEED", "label": "没有需求", "active": True, "secondLook": True})
    lead = (await rep.post("/v1/leads", {"company": "上海云杉科技有限公司"}))["id"]
    await rep.post(f"/v1/leads/{lead}:qualify", {"score": 80})
    await rep.post(f"/v1/leads/{lead}:discard", {"reason": "NO_NEED"})
    [asked] = (await boss.get("/v1/notices", kind="DISCARD_REQUESTED"))["notices"]
    denied = await manager.ask("POST", f"/v1/discards/{asked['subjectId']}:confirm", {})
    assert denied.json()["reason"] == "NOT_ACCOUNTABLE"
    assert (await boss.post(f"/v1/discards/{asked['subjectId']}:confirm"))["state"] == "STANDS"

    async def notified():
        return (await manager.get("/v1/notices", kind="LEAD_ENTERED_STAGE"))["notices"]

    [notice] = await until(notified)
    assert (notice["subjectId"], notice["facts"]["stage"]) == (lead, "VERIFIED")
    assert notice["messageZh"] == "线索「上海云杉科技有限公司」进入阶段 VERIFIED"
