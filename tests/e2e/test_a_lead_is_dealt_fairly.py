"""线索分配与节假日接待: leads are dealt by weight and territory, on a holiday to whoever is on duty, and say why."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

ALWAYS = {"hours": [{"begin": "00:00", "end": "24:00"}], "weekdays": [1, 2, 3, 4, 5, 6, 7]}
HOLIDAY = ALWAYS | {"weekdays": []}


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


def captured(number, region):
    return {"company": f"云杉{number}号", "channel": "展会", "attributes": {"region": region}}


async def test_leads_are_dealt_by_rule_and_load_and_on_a_holiday_to_the_person_on_duty(company):
    boss, rep, colleague = company.boss, company.rep, company.colleague
    await boss.post("/v1/workingCalendar", ALWAYS)
    members = [{"userId": rep.id, "weight": 2}, {"userId": colleague.id, "weight": 1}]
    rules = [{"name": "华东", "regions": ["华东"], "members": members}]
    await boss.post("/v1/assignmentRules", {"automatic": True, "capacity": 4, "underPercent": 50, "rules": rules})
    dealt = [await company.manager.post("/v1/leads", captured(number, "华东/上海")) for number in range(6)]
    assert Counter(lead["ownerId"] for lead in dealt) == {rep.id: 4, colleague.id: 2}
    foreign = await company.manager.post("/v1/leads", captured(7, "华南"))
    assert foreign["ownerId"] == company.manager.id

    preview = await company.manager.get("/v1/assignmentPreview", region="华东")
    assert preview["userId"] == colleague.id
    assert {one["userId"]: one["hindrance"] for one in preview["candidates"]} == {rep.id: "FULL", colleague.id: "NONE"}
    loads = (await company.manager.get("/v1/workloads"))["workloads"]
    by_user = {one["userId"]: (one["utilisation"], one["load"]) for one in loads}
    assert by_user[rep.id] == ("1.0000", "NORMAL")
    assert by_user[company.manager.id] == ("0.2500", "UNDER")

    await boss.post("/v1/workingCalendar", HOLIDAY)
    now = datetime.now(UTC)
    duty = {"userId": rep.id, "beginTime": now.isoformat(), "endTime": (now + timedelta(hours=1)).isoformat()}
    await boss.post("/v1/dutyRoster", {"duties": [duty]})
    lead = await company.manager.post("/v1/leads", captured(8, "华南"))
    assert lead["ownerId"] == rep.id
    [entry] = (await rep.get(f"/v1/leads/{lead['id']}/assignments"))["assignments"]
    assert (entry["reason"], entry["actorId"]) == ("DUTY", company.manager.id)
    assert (await rep.get("/v1/notices", pageSize=1))["notices"][0]["messageZh"] == "线索「云杉8号」已分配给您（DUTY）"
