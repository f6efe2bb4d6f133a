"""Services are held against each other by an operator: what differs is named, and put right from its owner."""

import asyncio
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import asyncpg
import pytest

from tests.people import until

PATIENCE = "1.5"


def cny(amount):
    return {"amount": amount, "currency": "CNY"}


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("duizhang")


@pytest.fixture(scope="module")
async def lived(stack, company):
    """A lead that became money, and its rep in another team; the ids, and a way to ask the operator's command."""
    rep = company.rep
    lead = await rep.post("/v1/leads", {"company": "对账科技", "channel": "展会", "contactName": "张伟"})
    await rep.post(f"/v1/leads/{lead['id']}:qualify", {"score": 60})
    lead = await rep.post(f"/v1/leads/{lead['id']}:convert", {"dealName": "对账项目"})
    await rep.post(f"/v1/deals/{lead['dealId']}:win", {"amount": cny("900.00")})
    plan = [{"label": "全款", "trigger": "SIGN", "amount": cny("900.00")}]
    lines = [{"description": "全套设备", "amount": cny("900.00")}]
    contract = await rep.post("/v1/contracts", {"dealId": lead["dealId"], "instalments": plan, "lines": lines})
    await rep.post(f"/v1/contracts/{contract['id']}:sign")
    day = (await rep.get(f"/v1/contracts/{contract['id']}"))["signDate"]
    await rep.post("/v1/receipts", {"contractId": contract["id"], "amount": cny("400.00"), "receivedDate": day})
    await rep.post("/v1/touchpoints", {"accountId": lead["accountId"], "kind": "PHONE"})
    touched = await rep.post("/v1/leads", {"company": "培育科技"})
    await rep.post("/v1/touchpoints", {"leadId": touched["id"], "kind": "PHONE"})
    lying = await rep.post("/v1/leads", {"company": "公海科技"})
    await rep.post(f"/v1/pool/{lying['id']}:return", {"why": "没有时间跟进"})
    await rep.post("/v1/prospects", {"company": "潜在科技"})
    other = await company.boss.post("/v1/teams", {"name": "another team"})
    user = await company.boss.ask("GET", f"/v1/users/{rep.id}")
    moved = await company.boss.ask(
        "PATCH", f"/v1/users/{rep.id}", {"teamId": other["id"]}, if_match=user.headers["etag"]
    )
    assert moved.status_code == 200, moved.text
    [(tenant,)] = await run(stack, "leads", "SELECT tenant_id FROM outbox WHERE aggregate_id = $1 LIMIT 1", lead["id"])
    return SimpleNamespace(lead=lead["id"], deal=lead["dealId"], contract=contract["id"], rep=rep.id, tenant=tenant)


async def run(stack, service, statement, *arguments, quiet=False):
    """A statement as the superuser, whom no policy binds; `quiet`: no trigger either."""
    connection = await asyncpg.connect(stack.superuser(service))
    try:
        if quiet:
            await connection.execute("SET session_replication_role = replica")
        return await connection.fetch(statement, *arguments)
    finally:
        await connection.close()


async def reconcile(stack, lived, code, *words):
    """What the command says, as JSON."""
    patience = PATIENCE if code or words else "60"  # where nothing is to differ, what is on its way may take its time
    command = [sys.executable, "-m", "gateway.cli", "ops", "reconcile", "--json", "--patience", patience]
    command += ["--tenant", str(lived.tenant), *words]
    told = os.environ | {"DEALTRAIL_HOME": str(stack.home)}
    done = await asyncio.to_thread(subprocess.run, command, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


async def test_nothing_differs_once_all_has_arrived(stack, lived):
    found = await reconcile(stack, lived, 0)
    assert found["findings"] == []
    assert found["compared"]["analytics follows contracts.instalment"] == 1
    assert found["compared"]["timeline follows leads.lead"] == 3
    assert found["compared"]["analytics follows leads.prospect"] == 1
    assert found["compared"]["leads follows gateway.moved user"] == 1
    assert found["compared"]["timeline inbox"] > found["compared"]["timeline entries"] > 8
    assert found["compared"]["leads follows contracts.signed contract"] == 1
    assert found["compared"]["leads follows timeline.touchpoint of an account"] == 1
    assert found["laws"] > 25


async def test_what_leads_heard_of_their_accounts_is_told_anew(stack, lived):
    """Sales from before their lines were kept, and touchpoints that were lost, come back from their owners."""
    await run(stack, "leads", "DELETE FROM account_sale_lines WHERE contract_id = $1", lived.contract)
    await run(stack, "leads", "DELETE FROM account_touches WHERE tenant_id = $1", lived.tenant)
    named = {
        (one["check"], one["here"] and one["here"]["lines"]) for one in (await reconcile(stack, lived, 1))["findings"]
    }
    assert named == {
        ("leads follows contracts.signed contract", 0),
        ("leads follows timeline.touchpoint of an account", None),
    }
    assert (await reconcile(stack, lived, 0, "--repair"))["findings"] == []
    [(kept,)] = await run(
        stack, "leads", "SELECT amount FROM account_sale_lines WHERE contract_id = $1", lived.contract
    )
    assert kept == 900


async def test_what_differs_is_named_and_repaired_from_its_owner(stack, company, lived, tmp_path):
    deal = lived.deal
    await run(stack, "analytics", "UPDATE deals SET version = 1, stage = 'CONTACT' WHERE id = $1", deal)
    lost = await run(stack, "timeline", "DELETE FROM entries WHERE deal_id = $1 RETURNING id", deal)
    forgotten = lost[0]["id"]
    await run(stack, "timeline", "DELETE FROM inbox WHERE event_id = $1", forgotten)
    await run(stack, "leads", "DELETE FROM owner_teams WHERE user_id = $1", lived.rep)
    await run(stack, "analytics", "DELETE FROM leads WHERE id = $1", lived.lead)
    textfile = tmp_path / "projection.prom"
    found = (await reconcile(stack, lived, 1, "--metrics", str(textfile)))["findings"]
    named = {(one["check"], one["id"]): one for one in found}
    of_deal = named["analytics follows opportunities.deal", deal]
    assert (of_deal["here"]["version"], of_deal["there"]["state"]) == (1, "WON")
    assert ("timeline inbox", str(forgotten)) in named
    assert {one for check, one in named if check == "timeline entries"} == {str(row["id"]) for row in lost}
    assert ("leads follows gateway.moved user", lived.rep) in named
    assert ("analytics: lead_rollups are the sums of the facts", lived.rep) in named
    assert 'dealtrail_projection_mismatch{check="analytics follows opportunities.deal"} 1' in textfile.read_text()

    done = await reconcile(stack, lived, 0, "--repair")
    assert len(done["repairs"]) >= 3
    assert done["findings"] == []

    async def whole():
        page = await company.boss.get(f"/v1/deals/{deal}/timeline", pageSize=100)
        return len(page["entries"]) == len(lost)

    await until(whole)


async def test_books_that_were_forged_are_named(stack, lived):
    more = "UPDATE instalments SET amount = amount + $2 WHERE contract_id = $1"
    await run(stack, "contracts", more, lived.contract, 1, quiet=True)
    try:
        found = (await reconcile(stack, lived, 1))["findings"]
        named = {one["check"] for one in found}
        assert "contracts: I9: the instalments of a contract sum to its amount" in named
        assert "contracts: I11: balances are what the journal sums to" in named
    finally:
        await run(stack, "contracts", more, lived.contract, -1, quiet=True)


async def test_it_says_when_it_cannot_look(stack, lived):
    told = {"DEALTRAIL_MIGRATION_URLS": "leads=postgresql://nobody@127.0.0.1:1/none", "DEALTRAIL_NATS_URL": "nats://x"}
    done = subprocess.run(
        [sys.executable, "-m", "services.kit.reconcile"], env=os.environ | told, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"cannot be looked at" in done.stderr
