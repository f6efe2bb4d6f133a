"""线索培育: a cold lead is kept warm by the company's plan until it answers, and the boss sees what that brings."""

import pytest

from tests.people import until

CADENCES = [
    {
        "temperature": "COLD",
        "touches": [
            {"day": 0, "kind": "WECHAT", "scriptZh": "自我介绍", "scriptEn": "Introduce yourself"},
            {"day": 10, "kind": "EMAIL"},
        ],
    },
    {"temperature": "WARM", "touches": [{"day": 1, "kind": "MEETING"}]},
]
PLAN = {"code": "KEEP_WARM", "label": "日常培育", "cadences": CADENCES, "byRule": True, "active": True}


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def test_a_cold_lead_follows_the_plan_answers_and_goes_on_as_a_warm_one(company):
    rep, boss = company.rep, company.boss
    unknown = CADENCES[0] | {"touches": [{"day": 0, "kind": "CARRIER_PIGEON"}]}
    refused = await boss.ask("POST", "/v1/nurturePlans", PLAN | {"cadences": [unknown]})
    assert (refused.status_code, refused.json()["reason"]) == (400, "KIND_NOT_IN_USE")
    published = await boss.post("/v1/nurturePlans", PLAN)
    assert (published["version"], published["cadences"][1]["touches"][0]["kind"]) == (1, "MEETING")

    lead = await rep.post("/v1/leads", {"company": "云杉科技", "contactName": "张伟", "channel": "展会"})
    path = f"/v1/leads/{lead['id']}"
    cold = await rep.post(f"{path}:setTemperature", {"temperature": "COLD", "why": "展会上换了名片，暂无计划"})
    assert (lead["stage"], cold["stage"], cold["temperature"]) == ("COLLECTED", "NURTURED", "COLD")
    first, second = (await rep.get("/v1/nurtureSteps", leadId=lead["id"]))["steps"]
    assert (first["kind"], first["scriptZh"], first["company"]) == ("WECHAT", "自我介绍", "云杉科技")

    done = await rep.post(f"/v1/nurtureSteps/{first['id']}:settle", {"result": "DONE", "note": "已加微信"})
    answer = {"result": "ANSWERED", "note": "下季度要采购", "temperature": "WARM"}
    answered = await rep.post(f"/v1/nurtureSteps/{second['id']}:settle", answer)
    touchpoint = await rep.get(f"/v1/touchpoints/{done['touchpointId']}")
    assert (touchpoint["kind"], touchpoint["direction"], touchpoint["note"]) == ("WECHAT", "OUT", "已加微信")
    assert (answered["state"], (await rep.get(path))["temperature"]) == ("ANSWERED", "WARM")
    [planned] = (await company.manager.get("/v1/nurtureSteps", ownerId=rep.id, state="PLANNED"))["steps"]
    assert (planned["kind"], planned["temperature"]) == ("MEETING", "WARM")
    met = await rep.post(f"/v1/nurtureSteps/{planned['id']}:settle", {"result": "DONE"})
    meeting = await rep.get(f"/v1/touchpoints/{met['touchpointId']}")
    assert (meeting["kind"], meeting.get("direction", "DIRECTION_UNSPECIFIED")) == ("MEETING", "DIRECTION_UNSPECIFIED")
    [ended] = (await rep.get("/v1/enrolments", leadId=lead["id"]))["enrolments"]
    assert (ended["state"], ended["endReason"], ended["byRule"]) == ("ENDED", "FINISHED", True)
    changes = (await rep.get(f"{path}/temperatures"))["changes"]
    assert [(one["temperature"], one["why"]) for one in changes] == [
        ("WARM", "下季度要采购"),
        ("COLD", "展会上换了名片，暂无计划"),
    ]
    await _it_stands_in_timeline_and_figures(rep, boss, path)


async def _it_stands_in_timeline_and_figures(rep, boss, path):
    async def told():
        kinds = [entry["kind"] for entry in (await rep.get(f"{path}/timeline"))["entries"]]
        wanted = {"WECHAT", "EMAIL", "MEETING", "LEAD_TEMPERATURE_CHANGED", "LEAD_ENROLLED", "ENROLMENT_ENDED"}
        return wanted <= set(kinds)

    await until(told)

    async def counted():
        found = (await boss.get("/v1/analytics/nurturing", to="2099-01-01"))["groups"]
        return found[0] if found and found[0]["done"] == 3 else None

    group = await until(counted)
    assert (group["key"], group["planned"], group["doneRate"], group["answered"]) == (rep.id, 3, 1, 1)
    assert (group["warmed"], group["warmUpRate"]) == (1, 1)
    for rows, names in ((group["plannedRows"], 3), (group["warmedRows"], 1)):
        assert [row["name"] for row in (await boss.get(rows))["rows"]] == ["云杉科技"] * names
    stages = (await boss.get("/v1/analytics/leadProcess"))["stages"]
    assert [one["leads"] for one in stages] == [0, 0, 0, 1, 0, 0]
