"""撞单: two reps record one customer; the second lead is held, a rule awards it, and a manager hears the appeal."""

import pytest

from tests.people import until

FULL, SHORT = "上海明岳智能科技有限公司", "明岳智能（上海）"
HELD = "LEAD_HELD"


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("collisions")


async def test_a_collision_from_the_second_lead_to_the_end_of_the_appeal(company):
    first = await company.rep.post("/v1/leads", {"company": FULL, "phone": "138 0013 8000"})
    held = await company.colleague.post("/v1/leads", {"company": SHORT, "phone": "+86 138-0013-8000"})
    case = await company.colleague.get(f"/v1/collisions/{held['collisionId']}")
    assert (case["state"], case["rule"], case["matches"]) == ("AWARDED", "PROTECTION_PERIOD", ["NAME", "PHONE"])
    assert case["whyZh"] == "先行持有，且在 30 天保护期内"
    assert [(one.get("outcome"), one.get("masked", False)) for one in case["parties"]] == [
        ("LOST", False),
        ("WON", True),
    ]
    refused = await company.colleague.ask("POST", f"/v1/leads/{held['id']}:qualify", {"score": 80})
    assert (refused.status_code, refused.json()["reason"]) == (409, HELD)

    told = (await company.rep.get("/v1/notices"))["notices"]
    assert [one["messageZh"] for one in told] == [f"撞单裁定：「{FULL}」归您"]

    # What the other has is nowhere to be found for the one who lost.
    text = (await company.colleague.ask("GET", f"/v1/collisions/{case['id']}")).text
    for secret in (first["id"], company.rep.id, FULL):
        assert secret not in text
    assert (await company.colleague.ask("GET", f"/v1/leads/{first['id']}")).status_code == 404

    appeal = await company.colleague.post(f"/v1/collisions/{case['id']}:appeal", {"why": "我先上门"})
    assert appeal["state"] == "APPEALED"
    again = await company.colleague.ask("POST", f"/v1/collisions/{case['id']}:appeal", {"why": "再申诉"})
    assert again.json()["reason"] == "COLLISION_NOT_AWARDED"
    verdict = {"winner": held["id"], "why": "拜访记录属实"}
    decided = await company.manager.post(f"/v1/collisions/{case['id']}:decideAppeal", verdict)
    assert (decided["state"], decided["whyZh"]) == ("DECIDED", "拜访记录属实")
    await company.colleague.post(f"/v1/leads/{held['id']}:qualify", {"score": 80})
    refused = await company.rep.ask("POST", f"/v1/leads/{first['id']}:qualify", {"score": 80})
    assert refused.json()["reason"] == HELD
    newest = (await company.rep.get("/v1/notices", unread=True))["notices"][0]
    assert newest["kind"] == "COLLISION_LOST"
    figures = await company.manager.get("/v1/collisions:figures")
    assert (figures["opened"], figures["appealed"]) == (1, 1)


async def test_the_first_in_touch_wins_whoever_recorded_first(company):
    account = (await company.rep.post("/v1/accounts", {"name": "杭州映月书房电子商务有限公司"}))["id"]
    touch = {"accountId": account, "kind": "PHONE", "occurredTime": "2026-11-20T08:00:00Z"}
    await company.rep.post("/v1/touchpoints", touch)

    async def decided():
        """Touchpoints come by event."""
        lead = await company.colleague.post("/v1/leads", {"company": "杭州映月书房"})
        return (await company.colleague.get(f"/v1/collisions/{lead['collisionId']}"))["rule"] == "FIRST_VALID_TOUCH"

    await until(decided)


async def test_a_held_row_of_an_import_is_reported_and_not_lost(company):
    await company.rep.post("/v1/leads", {"company": "宁波明州环境能源有限公司"})
    rows = "company\n明州环境能源\n柳州国联运输集团有限公司\n"
    form = {"kind": "leads", "mapping": '{"columns": {"company": "company"}}'}
    sent = await company.colleague.send("/v1/imports", form, {"file": ("leads.csv", rows.encode(), "text/csv")})
    path = f"/v1/operations/{sent.json()['id']}"

    async def ended():
        found = await company.colleague.get(path)
        return found["state"] not in ("PENDING", "RUNNING") and found

    operation = await until(ended)
    counts = operation["rows"]
    assert (counts["created"], counts.get("refused", 0), counts["noted"]) == (2, 0, 1)
    report = (await company.colleague.ask("GET", operation["errorsUrl"])).text
    assert HELD in report
    assert "明州环境能源" in report
    found = (await company.colleague.get("/v1/leads", q="明州"))["leads"]
    assert [bool(one["collisionId"]) for one in found] == [True]
