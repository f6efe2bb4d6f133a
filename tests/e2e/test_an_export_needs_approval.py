"""Many rows leave once, after somebody else has agreed; each row says by which export; what is unusual is told."""

import asyncio
import csv
import io
from uuid import uuid4

import pytest

from tests.people import done, until

LIST = "/v1/leads?channel=展会"


@pytest.fixture(scope="module")
async def company(town):
    company = await town.company("exporting")
    leads = [{"company": f"客户 {n}", "phone": f"139{n:08d}", "channel": "展会"} for n in range(5)]
    await company.rep.post("/v1/leads:batchCreate", {"leads": leads})
    quota = await company.boss.ask("GET", "/v1/exportQuota")
    limit = {"approvalRows": "3"}
    done(await company.boss.ask("PATCH", "/v1/exportQuota", limit, if_match=quota.headers["etag"]))
    return company


async def wanted(person, purpose="季度盘点"):
    return await person.post("/v1/exportRequests", {"list": LIST, "purpose": purpose})


async def export(person, request_id=""):
    return await person.ask("GET", f"{LIST}&format=csv" + (f"&exportRequest={request_id}" if request_id else ""))


async def told(person, kind):
    async def notice():
        return (await person.get("/v1/notices", kind=kind))["notices"]

    return (await until(notice))[0]


async def test_what_is_approved_leaves_once_and_every_row_says_by_which_export(company):
    rep, manager, boss = company.rep, company.manager, company.boss
    refused = await export(rep)
    assert (refused.status_code, refused.json()["reason"]) == (409, "EXPORT_NEEDS_APPROVAL")
    assert (await rep.get("/v1/exportQuota"))["usedByMe"] == "0"
    asked = await wanted(rep)
    assert (await told(manager, "EXPORT_REQUESTED"))["subjectId"] == asked["id"]
    assert (await export(rep, asked["id"])).json()["reason"] == "EXPORT_NOT_APPROVED"
    await manager.post(f"/v1/exportRequests/{asked['id']}:approve")
    assert (await told(rep, "EXPORT_APPROVED"))["subjectId"] == asked["id"]

    answers = await asyncio.gather(*(export(rep, asked["id"]) for _ in range(4)))
    reasons = sorted(one.json()["reason"] for one in answers if one.status_code != 200)
    assert reasons == ["EXPORT_NOT_APPROVED"] * 3
    (left,) = [one for one in answers if one.status_code == 200]
    rows = list(csv.DictReader(io.StringIO(left.content.decode("utf-8-sig"), newline="")))
    assert len(rows) == 5
    assert {row["phone"][3:7] for row in rows} == {"****"}
    (mark,) = {row["exported"] for row in rows}
    export_id, user_id, _ = mark.split(" ")
    record = await boss.get(f"/v1/exports/{export_id}")
    assert user_id == record["ownerId"] == rep.id
    assert (record["rows"], record["state"], record["requestId"]) == ("5", "DONE", asked["id"])
    over = await rep.get(f"/v1/exportRequests/{asked['id']}")
    assert (over["state"], over["rows"], over["exportId"]) == ("DONE", "5", export_id)
    entries = (await boss.get("/v1/auditEntries", subjectId=export_id))["entries"]
    assert [(one["action"], one["purpose"]) for one in entries] == [("exports.ListLeads", "季度盘点")]
    deeds = {one["action"] for one in (await boss.get("/v1/auditEntries", subjectId=asked["id"]))["entries"]}
    assert deeds == {"exports.RequestExport", "exports.ApproveExport"}


async def test_nobody_approves_an_own_request_or_exports_by_anothers(company):
    manager, rep = company.manager, company.rep
    own = await wanted(manager)
    refused = await manager.ask("POST", f"/v1/exportRequests/{own['id']}:approve", {})
    assert refused.json()["reason"] == "OWN_EXPORT_REQUEST"
    await company.boss.post(f"/v1/exportRequests/{own['id']}:approve")
    for other in (rep, company.colleague):
        assert (await export(other, own["id"])).status_code == 404
    filtered = await manager.ask("GET", f"/v1/leads?format=csv&exportRequest={own['id']}")
    assert filtered.json()["reason"] == "EXPORT_NOT_AS_REQUESTED"
    assert (await company.colleague.ask("POST", f"/v1/exportRequests/{own['id']}:refuse", {})).status_code == 403


async def test_a_refusal_says_why_and_lets_nothing_leave(company):
    asked = await wanted(company.rep)
    await company.manager.post(f"/v1/exportRequests/{asked['id']}:refuse", {"reason": "请缩小范围"})
    assert (await told(company.rep, "EXPORT_REFUSED"))["subjectId"] == asked["id"]
    over = await company.rep.get(f"/v1/exportRequests/{asked['id']}")
    assert (over["state"], over["decision"]) == ("REFUSED", "请缩小范围")
    assert (await export(company.rep, asked["id"])).json()["reason"] == "EXPORT_NOT_APPROVED"


async def test_what_is_no_list_is_not_asked_for(company):
    for path in (f"/v1/leads/{uuid4()}", "/v1/nothing", "/healthz"):
        answer = await company.rep.ask("POST", "/v1/exportRequests", {"list": path, "purpose": "盘点"})
        assert answer.json()["violations"][0]["field"] == "list"


async def test_an_exported_file_can_be_imported_again(company):
    asked = await wanted(company.rep)
    await company.manager.post(f"/v1/exportRequests/{asked['id']}:approve")
    file = (await export(company.rep, asked["id"])).content.replace("客户".encode(), "回流".encode())
    form = {"kind": "leads", "mapping": '{"columns": {"company": "company", "channel": "channel"}}'}
    answer = await company.colleague.send("/v1/imports", form, {"file": ("leads.csv", file)})
    path = f"/v1/operations/{answer.json()['id']}"

    async def ended():
        operation = await company.colleague.get(path)
        return operation if operation["state"] not in ("PENDING", "RUNNING") else None

    assert (await until(ended))["rows"]["created"] == 5


async def test_the_boss_hears_once_that_somebody_reveals_far_more_than_usual(company):
    lead = (await company.colleague.post("/v1/leads", {"company": "红松", "phone": "13912345678"}))["id"]
    for _ in range(33):
        await company.colleague.post(f"/v1/leads/{lead}:reveal", {"purpose": "核对号码"})
    notice = await told(company.boss, "DISCLOSURE_UNUSUAL")
    assert notice["subjectId"] == company.colleague.id
    assert (notice["facts"]["amount"], notice["facts"]["usual"]) == ("31", "30")
    assert len((await company.boss.get("/v1/notices", kind="DISCLOSURE_UNUSUAL"))["notices"]) == 1
