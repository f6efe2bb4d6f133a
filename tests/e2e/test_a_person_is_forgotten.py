"""A canary person goes the whole road and is erased: nothing is left, nowhere."""

import base64
import urllib.parse

import asyncpg
import pytest

from tests.e2e.canaries import Canary, captured, erased, imported, in_databases, in_files, in_streams, outcome


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("voliere")


@pytest.fixture(scope="module")
async def forgotten(stack, company):
    """Before: masked wherever it is shown. Then erased."""
    canary = Canary()
    lead, mention = await captured(company, canary, "鸟笼科技")
    await imported(company, canary)
    rep = company.rep
    for path in (
        *("/v1/leads", f"/v1/leads?q={canary.name[:4]}", "/v1/leads?format=csv", f"/v1/leads/{lead['id']}"),
        *(f"/v1/accounts/{lead['accountId']}/contacts", f"/v1/accounts/{lead['accountId']}/timeline"),
    ):
        shown = (await rep.ask("GET", path)).text
        assert [word for word in canary.words if word in shown and word not in (canary.name, canary.words[-1])] == [], (
            path
        )
    assert await in_streams(stack, canary) == set()
    before = await in_databases(stack, canary)
    assert before <= {f"{service}.idempotency" for service in ("leads", "timeline")}, "at rest all else is sealed"
    ids, erasure = await erased(company, canary)
    return canary, lead, mention, ids, erasure


async def test_the_certificate_says_what_was_erased(forgotten):
    _, _, _, ids, erasure = forgotten
    assert len(ids) == 2, "captured once, imported once"
    gone = outcome(erasure, "ERASED")
    assert gone["leads.leads"] == 2
    assert gone["leads.contacts"] == 1
    assert gone["leads.keys"] == 2
    assert gone["timeline.texts"] == 2
    assert gone["timeline.mentions"] == 1
    assert gone["imports.files"] == 1
    assert outcome(erasure, "RETAINED") == {}


async def test_no_database_holds_the_person(stack, forgotten):
    assert await in_databases(stack, forgotten[0]) == set()


async def test_no_stream_holds_the_person(stack, forgotten):
    assert await in_streams(stack, forgotten[0]) == set()


async def test_no_log_and_no_file_of_the_broker_holds_the_person(stack, forgotten):
    assert in_files(stack, forgotten[0]) == set()


async def test_no_trace_holds_the_person(collector, forgotten):
    assert forgotten[0].leaks(collector.text()) == []


async def test_lists_show_a_tombstone(company, forgotten):
    _, lead, mention, _, _ = forgotten
    left = await company.boss.get(f"/v1/leads/{lead['id']}")
    assert (left["company"], left["contactName"], left["phone"], left["attributes"]) == ("鸟笼科技", "", "", {})
    assert left["eraseTime"]
    [contact] = (await company.boss.get(f"/v1/accounts/{lead['accountId']}/contacts"))["contacts"]
    assert (contact["name"], contact["email"]) == ("", "")
    revealed = await company.boss.post(f"/v1/leads/{lead['id']}:reveal", {"purpose": "查看"})
    assert (revealed["phone"], revealed["email"]) == ("", "")
    said = await company.rep.get(f"/v1/touchpoints/{mention['id']}")
    assert said["note"] == "前台说找****，****，微信 ****"
    versions = (await company.rep.get(f"/v1/touchpoints/{mention['id']}/versions"))["versions"]
    assert len(versions) == 1


async def test_a_lead_of_an_erased_person_can_still_be_worked(company, forgotten):
    _, lead, _, _, _ = forgotten
    shared = await company.boss.post(f"/v1/leads/{lead['id']}:share", {"userIds": [company.colleague.id]})
    assert (shared["contactName"], shared["collaborators"]) == ("", [company.colleague.id])


async def test_a_leak_is_seen(stack, company):
    """What a forgotten copy would look like: the test that finds nothing must be able to find."""
    canary = Canary()
    connection = await asyncpg.connect(stack.superuser("analytics"))
    planted = base64.b64encode(f"x{canary.name}".encode()).decode()
    try:
        await connection.execute("CREATE TABLE planted (content text)")
        await connection.execute("INSERT INTO planted VALUES ($1)", planted)
        assert await in_databases(stack, canary) == {"analytics.planted"}
    finally:
        await connection.execute("DROP TABLE planted")
        await connection.close()
    assert canary.leaks(f"GET /v1/leads?q={urllib.parse.quote(canary.name)}")
    assert canary.leaks(canary.phone.encode().hex())
