"""电话销售: at a fixed time and place, by the rehearsed script for the customer; it is seen how many and how well."""

from datetime import UTC, datetime

import pytest

from tests.people import until

CNY = {"amount": "100000.00", "currency": "CNY"}


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def test_a_rehearsed_script_is_called_by_and_the_manager_sees_how_many_and_how_well(company):
    rep, manager, boss = company.rep, company.manager, company.boss
    sections = [{"title": "开场白", "text": "您好，我是云杉的小王。"}]
    rule = {"fromAmount": CNY, "mustRehearse": True, "priority": 1}
    await boss.post("/v1/callScripts", {"code": "LARGE", "label": "大单话术", "sections": sections} | rule)
    lead = (await rep.post("/v1/leads", {"company": "松林科技", "contactName": "张伟"}))["id"]
    account = (await rep.post("/v1/accounts", {"name": "柏树制造"}))["id"]
    contact = (await rep.post(f"/v1/accounts/{account}/contacts", {"name": "李雷"}))["id"]
    choice = await rep.get("/v1/callScripts:choose", leadId=lead, amount="150000", currency="CNY")
    assert (choice["script"]["code"], choice["findings"][0]["sizeFits"]) == ("LARGE", True)

    slot = {"beginTime": datetime.now(UTC).isoformat(), "minutes": 60, "place": "一号会议室", "amount": CNY}
    wanted = slot | {"leadIds": [lead], "contactIds": [contact], "ownerId": rep.id}
    session = await manager.post("/v1/callSessions", wanted)
    [notice] = (await rep.get("/v1/notices", kind="CALL_SESSION_PLANNED"))["notices"]
    assert (notice["subjectId"], notice["facts"]["calls"]) == (session["id"], "2")
    assert (session["scriptCode"], session["scriptVersion"], session["calls"]) == ("LARGE", 1, 2)
    path = f"/v1/callSessions/{session['id']}"
    refused = await rep.ask("POST", f"{path}:open", {})
    assert (refused.status_code, refused.json()["reason"]) == (409, "REHEARSAL_MISSING")
    await rep.post("/v1/rehearsals", {"scriptCode": "LARGE", "partnerId": company.colleague.id, "minutes": 15})
    assert (await rep.post(f"{path}:open"))["state"] == "OPEN"

    first, second = sorted(
        (await rep.get("/v1/phoneCalls", callSessionId=session["id"]))["calls"], key=lambda one: one["number"]
    )
    spoken = {"result": "CONNECTED", "durationS": 300, "note": "下周上门"}
    for call, about in ((first, f"/v1/leads/{lead}"), (second, f"/v1/accounts/{account}")):
        made = await rep.post(f"/v1/phoneCalls/{call['id']}:record", spoken)
        touchpoint = await rep.get(f"/v1/touchpoints/{made['touchpointId']}")
        assert (touchpoint["kind"], touchpoint["direction"], touchpoint["note"]) == ("PHONE", "OUT", "下周上门")

        async def told(about=about):
            return "PHONE" in [one["kind"] for one in (await rep.get(f"{about}/timeline"))["entries"]]

        await until(told)
    assert touchpoint["participants"] == [contact]
    answers = {"OPENING": "GOOD", "SCRIPT": "KEPT", "ASKED": "ALL", "NEXT_STEP": "DATED"}
    assert (await manager.post(f"/v1/phoneCalls/{first['id']}:judge", {"answers": answers}))["quality"] == 100
    [counted] = (await manager.get("/v1/phoneCalls:figures"))["reps"]
    assert (counted["calls"], counted["connects"], counted["averageQuality"]) == (2, 2, 100)
    rows = (await manager.get("/v1/phoneCalls", repId=counted["repId"], judged="true"))["calls"]
    assert [one["id"] for one in rows] == [first["id"]]
    exported = (await manager.ask("GET", "/v1/phoneCalls?format=csv")).text
    assert first["id"] in exported
    assert (await company.colleague.get("/v1/phoneCalls"))["calls"] == []
    assert (await company.colleague.ask("GET", path)).status_code == 404
    await rep.post(f"{path}:close")
