"""Who reads personal data, changes rights, moves money, exports or signs in leaves one entry; the boss reads them."""

from uuid import uuid4

import asyncpg
import pytest

from tests.people import done, until

MONEY = {"amount": "1000.00", "currency": "CNY"}
PHONE = "13912345678"


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


async def entries(boss, **filters):
    return (await boss.get("/v1/auditEntries", **filters))["entries"]


async def test_every_deed_that_counts_leaves_one_entry_whoever_does_it(company):
    rep, boss = company.rep, company.boss
    lead = await rep.post("/v1/leads", {"company": "云杉", "contactName": "王芳", "phone": PHONE})
    account = await rep.post("/v1/accounts", {"name": "云杉"})
    contract = await rep.post("/v1/contracts", {"accountId": account["id"], "amount": MONEY})
    receipt = {"accountId": account["id"], "amount": MONEY, "receivedDate": "2026-01-05"}
    deeds = {
        "leads.RevealLead": (rep, f"/v1/leads/{lead['id']}:reveal", {"purpose": "致电"}),
        "leads.ShareLead": (rep, f"/v1/leads/{lead['id']}:share", {"userIds": [company.colleague.id]}),
        "contracts.SignContract": (rep, f"/v1/contracts/{contract['id']}:sign", {}),
        "contracts.RecordReceipt": (rep, "/v1/receipts", receipt),
        "identity.DeactivateUser": (boss, f"/v1/users/{company.partner.id}:deactivate", {}),
    }
    for action, (who, path, body) in deeds.items():
        key = str(uuid4())
        first = await who.post(path, body, idempotency_key=key)
        if "Reveal" not in action:
            assert await who.post(path, body, idempotency_key=key) == first
        [entry] = await entries(boss, action=action, subjectId=first["id"])
        assert (entry["actorId"], entry["purpose"]) == (who.id, body.get("purpose", "")), action


async def test_a_refused_deed_leaves_no_entry(company):
    answer = await company.rep.ask("POST", f"/v1/leads/{uuid4()}:reveal", {"purpose": "致电"})
    assert answer.status_code == 404
    before = await entries(company.boss, action="leads.RevealLead", actorId=company.colleague.id)
    assert before == []


async def test_what_was_revealed_is_kept_nowhere_for_repetitions(stack, company):
    lead = await company.rep.post("/v1/leads", {"company": "红松", "phone": PHONE})
    key, path = str(uuid4()), f"/v1/leads/{lead['id']}:reveal"
    for _ in range(2):
        answer = await company.rep.ask("POST", path, {"purpose": "核对号码"}, idempotency_key=key)
        assert done(answer)["phone"] == PHONE
        assert "idempotency-replayed" not in answer.headers
    assert len(await entries(company.boss, action="leads.RevealLead", subjectId=lead["id"])) == 2
    connection = await asyncpg.connect(stack.databases("leads").owner)
    await connection.execute("ALTER TABLE idempotency NO FORCE ROW LEVEL SECURITY")
    kept = await connection.fetchval("SELECT count(*) FROM idempotency WHERE key = $1", key)
    shown = await connection.fetchval(
        "SELECT count(*) FROM idempotency WHERE position($1 in answer) > 0", PHONE.encode()
    )
    await connection.execute("ALTER TABLE idempotency FORCE ROW LEVEL SECURITY")
    await connection.close()
    assert (kept, shown) == (0, 0)


async def test_sign_ins_and_failed_ones_are_kept(company):
    one = await company.hire("forgetful", "REP", company.rep.team_id)
    wrong = {"tenant": company.tenant, "username": "forgetful", "password": "not the password"}
    assert (await one.beside("").ask("POST", "/v1/sessions", wrong)).status_code == 401
    [failed] = await entries(company.boss, action="identity.SignInFailed", subjectId=one.id)
    assert failed["actorId"] == "00000000-0000-0000-0000-000000000000"
    assert len(await entries(company.boss, action="identity.SignIn", actorId=one.id)) == 1


async def test_entries_are_sealed_within_seconds_and_read_page_by_page_in_order(company):
    async def sealed():
        found = await entries(company.boss, pageSize=200)
        return found if all(int(entry["number"]) for entry in found) else None

    whole = await until(sealed)
    assert {"leads", "identity"} <= {entry["service"] for entry in whole}
    paged, token = [], ""
    while True:
        page = await company.boss.get("/v1/auditEntries", pageSize=3, pageToken=token)
        paged += page["entries"]
        if not (token := page["nextPageToken"]):
            break
    assert paged == whole
    assert [entry["createTime"] for entry in paged] == sorted((e["createTime"] for e in paged), reverse=True)
    latest = whole[0]["createTime"]
    assert all(entry["createTime"] < latest for entry in await entries(company.boss, toTime=latest))
    answer = await company.boss.ask("GET", f"/v1/auditEntries?pageToken={token or 'x' * 40}")
    assert answer.json()["reason"] == "PAGE_TOKEN_INVALID"


async def test_the_log_is_for_boss_and_admin_of_the_tenant_alone(town, company):
    for person in (company.rep, company.manager):
        assert (await person.ask("GET", "/v1/auditEntries")).status_code == 403
    assert await entries(company.admin)
    other = await town.boss("other")
    assert {entry["action"] for entry in await entries(other)} == {"identity.SignIn"}


async def test_an_export_beyond_the_quota_is_refused_and_every_export_is_kept(company):
    boss, rep = company.boss, company.colleague
    await rep.post("/v1/leads:batchCreate", {"leads": [{"company": f"客户 {n}"} for n in range(5)]})
    quota = await boss.ask("GET", "/v1/exportQuota")
    changed = {"userRows": "8"}
    done(await boss.ask("PATCH", "/v1/exportQuota", changed, if_match=quota.headers["etag"]))
    stale = await boss.ask("PATCH", "/v1/exportQuota", changed, if_match=quota.headers["etag"])
    assert stale.status_code == 412
    first = await rep.ask("GET", "/v1/leads?format=csv")
    assert first.status_code == 200
    rows = first.text.count("\r\n") - 1
    assert int((await rep.get("/v1/exportQuota"))["usedByMe"]) == rows
    refused = await rep.ask("GET", "/v1/leads?format=csv")
    assert (refused.status_code, refused.json()["reason"]) == (429, "EXPORT_QUOTA_EXCEEDED")
    assert 0 < int(refused.headers["retry-after"]) <= 86400
    assert (await rep.ask("GET", "/v1/leads")).status_code == 200
    assert len(await entries(boss, action="exports.ListLeads", actorId=rep.id)) == 1
    assert len(await entries(boss, action="exports.UpdateExportQuota", actorId=boss.id)) == 1
    assert (await boss.ask("GET", "/v1/leads?format=csv")).status_code == 200


async def test_what_all_have_exported_counts_for_the_tenant(company):
    quota = await company.boss.ask("GET", "/v1/exportQuota")
    limit = {"userRows": "1000", "tenantRows": quota.json()["usedByTenant"]}
    done(await company.boss.ask("PATCH", "/v1/exportQuota", limit, if_match=quota.headers["etag"]))
    refused = await company.manager.ask("GET", "/v1/leads?format=csv")
    assert (refused.status_code, refused.json()["reason"]) == (429, "EXPORT_QUOTA_EXCEEDED")
