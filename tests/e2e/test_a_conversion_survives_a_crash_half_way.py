"""Converting a lead makes rows in two services: whatever dies in between, a retry ends with exactly one of each."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.people import until


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("yunshan")


@pytest.fixture
async def lead(company):
    """A lead that is ready to be converted."""
    name = f"苏州云帆电子 {uuid4().hex[:6]}"
    lead = await company.rep.post("/v1/leads", {"company": name, "contactName": "李娜"})
    return await company.rep.post(f"/v1/leads/{lead['id']}:qualify", {"score": 80})


async def converted(company, lead, key):
    """Convert it with that key as a patient client does: again, until the answer is definite."""

    async def answered():
        try:
            answer = await company.rep.ask("POST", f"/v1/leads/{lead['id']}:convert", {}, idempotency_key=key)
        except httpx.TransportError:
            return None
        assert answer.status_code in (200, 409, 503, 504), answer.text
        return answer if answer.status_code == 200 else None

    return (await until(answered, patience_s=30)).json()


async def must_be_whole(company, lead, found):
    """One account, one contact, one deal; and nothing else bears the name."""
    assert found["status"] == "CONVERTED"
    rep, name = company.rep, lead["company"]

    async def serving():
        # Whoever was killed serves the gateway a moment later than it serves leads.
        return (await rep.ask("GET", "/v1/deals")).status_code == 200

    await until(serving)
    accounts = (await rep.get("/v1/accounts", q=name))["accounts"]
    assert [account["id"] for account in accounts] == [found["accountId"]]
    contacts = (await rep.get(f"/v1/accounts/{found['accountId']}/contacts"))["contacts"]
    assert [contact["id"] for contact in contacts] == [found["contactId"]]
    deals = (await rep.get("/v1/deals", q=name))["deals"]
    assert [deal["id"] for deal in deals] == [found["dealId"]]

    async def told():
        kinds = [entry["kind"] for entry in (await rep.get(f"/v1/accounts/{found['accountId']}/timeline"))["entries"]]
        return sorted(kinds) if len(kinds) >= 6 else None

    once = ["ACCOUNT_CREATED", "CONTACT_CREATED", "DEAL_OPENED", "LEAD_CAPTURED", "LEAD_CONVERTED", "LEAD_QUALIFIED"]
    assert await until(told) == once


async def test_opportunities_dies_before_it_has_opened_the_deal(stack, company, lead):
    pid = stack.signal("opportunities", signal.SIGSTOP)
    key = str(uuid4())
    leads = await asyncpg.connect(stack.superuser("leads"))

    async def lead_is_held():
        free = await leads.fetchval("SELECT true FROM leads WHERE id = $1 FOR UPDATE SKIP LOCKED", lead["id"])
        return not free

    first = asyncio.create_task(company.rep.ask("POST", f"/v1/leads/{lead['id']}:convert", {}, idempotency_key=key))
    await until(lead_is_held)
    os.kill(pid, signal.SIGKILL)
    answer = await first
    await leads.close()
    assert answer.status_code in (503, 504), answer.text
    assert (await company.rep.get(f"/v1/leads/{lead['id']}"))["status"] == "QUALIFIED"
    await must_be_whole(company, lead, await converted(company, lead, key))


@asynccontextmanager
async def held(database):
    """Nothing can be told while the block runs: whoever wants to commit an event there waits."""
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE outbox IN SHARE MODE")
            yield
    finally:
        await connection.close()


async def test_leads_dies_after_the_deal_is_open_and_before_the_lead_knows_it(stack, company, lead):
    key = str(uuid4())
    opportunities = await asyncpg.connect(stack.superuser("opportunities"))

    async def open_deal():
        return await opportunities.fetchval("SELECT id FROM deals WHERE lead_id = $1", lead["id"])

    async with held(stack.superuser("leads")):
        path = f"/v1/leads/{lead['id']}:convert"
        first = asyncio.create_task(company.rep.ask("POST", path, {}, idempotency_key=key))
        deal_id = await until(open_deal)
        os.kill(stack.pid("leads"), signal.SIGKILL)
    await opportunities.close()
    assert (await first).status_code in (200, 503, 504)
    found = await converted(company, lead, key)
    assert found["dealId"] == str(deal_id)
    await must_be_whole(company, lead, found)
    again = await company.rep.ask("POST", f"/v1/leads/{lead['id']}:convert", {}, idempotency_key=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == found


async def test_many_who_convert_at_once_make_one_of_each(company, lead):
    answers = await asyncio.gather(*(converted(company, lead, str(uuid4())) for _ in range(8)))
    assert len({answer["dealId"] for answer in answers}) == 1
    await must_be_whole(company, lead, answers[0])
