"""线索记录评审机制: a batch of leads is picked, a reviewer judges each, and what fails comes back to its rep."""

import pytest


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def test_a_board_picks_a_batch_judges_it_and_is_frozen_with_its_figures(company):
    rep, manager = company.rep, company.manager
    for number in range(4):
        await rep.post("/v1/leads", {"company": f"云杉 {number}", "channel": "展会" if number else "官网"})
    called = {"title": "三月展会线索", "filter": {"channel": "展会"}, "sample": 2, "seed": 20260302, "taskDays": 3}
    board = await manager.post("/v1/reviewBoards", called)
    assert (board["leads"], board["seed"], board["reviewerIds"]) == (2, "20260302", [manager.id])
    first, second = (await manager.get("/v1/reviews", boardId=board["id"], waiting=True))["reviews"]
    refused = await rep.ask("POST", f"/v1/reviews/{first['id']}:judge", {"verdict": "PASS"})
    assert refused.json()["reason"] == "NOT_REVIEWER"
    await manager.post(f"/v1/reviews/{first['id']}:judge", {"verdict": "PASS"})
    failed = {"verdict": "FAIL", "reason": "NO_CONTACT", "comment": "没有联系人，无法跟进"}
    await manager.post(f"/v1/reviews/{second['id']}:judge", failed)
    [notice] = (await rep.get("/v1/notices", kind="LEAD_FAILED_REVIEW"))["notices"]
    assert notice["subjectId"] == second["id"]
    [task] = (await rep.get("/v1/tasks", openOnly=True))["tasks"]
    assert task["leadId"] == second["leadId"]
    assert "整改" in task["title"]
    await manager.post(f"/v1/reviewBoards/{board['id']}:close")
    figures = await manager.get("/v1/reviewBoards:figures", boardId=board["id"])
    assert (figures["total"]["reviewedShare"], figures["total"]["passShare"]) == (1, 0.5)
    assert [count["repId"] for count in figures["reps"]] == [rep.id]
    assert figures["total"]["latencyP90S"] > 0
    late = await manager.ask("POST", f"/v1/reviews/{first['id']}:judge", {"verdict": "FAIL", "reason": "LATE"})
    assert late.json()["reason"] == "BOARD_CLOSED"
