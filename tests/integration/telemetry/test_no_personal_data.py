"""A person goes the whole road: nothing that is written beside the databases tells phone, mail or what was noted."""

import json
import secrets
from datetime import UTC, datetime

import nats
import pytest

from deploy.local.layout import services
from deploy.local.traces import page
from deploy.local.traces.memory import Memory
from tests.people import until

OPENMETRICS = "application/openmetrics-text"
MARK = "".join(secrets.choice("ghjkmnpqrstvwxyz") for _ in range(10))
"""Not of hexadecimal digits: among so many ids some would have the same eight."""
NAME = f"金丝雀{MARK}"
PHONE = f"139{secrets.randbelow(10**8):08}"
SPACED = f"{PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}"
MAIL = f"kanarie.{MARK}@example.com"
NOTE = f"kanarie-note-{MARK}"
SECRETS = (PHONE, SPACED, MAIL, NOTE)
ANYTHING = (PHONE, SPACED, MARK)
"""What stands in everything that is known of the person: name, mail and note have the mark in them."""


async def imported(boss):
    """The canary in a file, once in a row that is taken and once in one that is refused."""
    columns = {"公司": "company", "联系人": "contactName", "电话": "phone", "邮箱": "email"}
    rows = f"公司,联系人,电话,邮箱\n甲,{NAME},{PHONE},{MAIL}\n乙,{NAME},{PHONE},{MAIL} {PHONE}\n"
    form = {"kind": "leads", "mapping": json.dumps({"columns": columns})}
    operation = (await boss.send("/v1/imports", form, {"file": (f"{MARK}.csv", rows.encode(), "text/csv")})).json()

    async def ended():
        found = await boss.get(f"/v1/operations/{operation['id']}")
        return found["rows"] if found["state"] == "SUCCEEDED" else None

    counted = await until(ended)
    assert (counted["created"], counted["refused"]) == (1, 1)


@pytest.fixture(scope="module")
async def boss(town):
    return await town.boss("voliere")


@pytest.fixture(scope="module")
async def road(boss):
    """The canary is captured, called, converted, revealed, imported, and stands in requests that are refused."""
    person = {"contactName": NAME, "phone": SPACED, "email": MAIL}
    lead = await boss.post("/v1/leads", {"company": f"{NAME} 公司"} | person)
    path = f"/v1/leads/{lead['id']}"
    when = datetime.now(UTC).isoformat()
    call = {"leadId": lead["id"], "kind": "PHONE", "occurredTime": when, "note": NOTE, "subject": NOTE, "place": NOTE}
    touchpoint = await boss.post("/v1/touchpoints", call)
    await boss.post(
        f"/v1/touchpoints/{touchpoint['id']}:correct", {"kind": "PHONE", "occurredTime": when, "note": NOTE}
    )
    await boss.post(f"{path}:qualify")
    lead = await boss.post(f"{path}:convert")
    revealed = await boss.post(f"{path}:reveal", {"purpose": "call back"})
    assert (revealed["phone"], revealed["email"]) == (SPACED, MAIL)
    await boss.post(f"/v1/contacts/{lead['contactId']}:reveal", {"purpose": "call back"})
    await boss.post(f"/v1/accounts/{lead['accountId']}/contacts", {"name": NAME, "phone": PHONE, "email": MAIL})
    for wrong in ({"email": f"{MAIL} {PHONE}"}, {"phone": f"tel {PHONE}"}, {"nonsense": MAIL}, {"id": MAIL}):
        refused = await boss.ask("POST", "/v1/leads", {"company": NAME, "contactName": NAME} | wrong)
        assert refused.status_code == 400
    await boss.ask("GET", f"/v1/leads?q={PHONE}&pageToken={MAIL}")
    await boss.ask("GET", f"/v1/leads/{MAIL}")
    await imported(boss)

    async def applied():
        found = (await boss.get(f"/v1/accounts/{lead['accountId']}/timeline"))["entries"]
        return len(found) >= 8

    await until(applied)
    return lead


async def test_no_log_tells_it(stack, road):
    said = stack.log.read_text()
    assert [secret for secret in ANYTHING if secret in said] == []
    # Who has not said a word would tell nothing in vain.
    spoke = {line.split()[1] for line in said.splitlines() if len(line.split()) > 1}
    assert {*services(), "gateway", "dealtrail"} <= spoke
    for file in stack.home.rglob("*.log"):
        assert [secret for secret in ANYTHING if secret in file.read_text(errors="replace")] == [], file


async def test_no_trace_tells_it(collector, boss, road):
    trace_id = (await boss.ask("GET", f"/v1/leads/{secrets.token_hex(4)}")).json()["traceId"]

    async def exported():
        return collector.trace(trace_id)

    await until(exported)
    told = collector.text()
    assert "dealtrail.leads.v1.LeadConverted" in told
    assert [secret for secret in ANYTHING if secret in told] == []


async def test_no_metric_tells_it(stack, road):
    for name in (*services(), "gateway"):
        for form in ("text/plain", OPENMETRICS):
            shown = stack.metrics(name, form)
            assert [secret for secret in ANYTHING if secret in shown] == [], name


async def test_no_page_of_traces_tells_it(collector, boss, road):
    memory = Memory()
    for export in collector.received:
        memory.take(export)
    told = page.listing(memory.recent(), page.Filter()) + "".join(page.waterfall(one) for one in memory.recent())
    assert "publish dealtrail.leads.v1.LeadConverted" in told
    assert [secret for secret in ANYTHING if secret in told] == []


async def test_no_event_tells_it(stack, boss, road):
    tenant = (await boss.get("/v1/me"))["tenantId"]
    client = await nats.connect(stack.nats())
    kinds = set()
    for stream in (*services(), "identity"):
        async for message in messages(client, stream, tenant):
            kinds.add(message.headers["ce-type"].rpartition(".")[2])
            text = message.data.decode(errors="replace") + str(message.headers)
            assert [secret for secret in SECRETS if secret in text] == [], message.subject
    await client.close()
    assert {"LeadCaptured", "LeadConverted", "ContactCreated", "TouchpointRecorded", "TouchpointCorrected"} <= kinds


async def messages(client, stream, tenant):
    """All events of the tenant in a stream."""
    reader = await client.jetstream().pull_subscribe(f"dealtrail.{stream}.v1.*.{tenant}.>", stream=stream)
    while left := (await reader.consumer_info()).num_pending:
        for message in await reader.fetch(min(left, 200), timeout=20):
            yield message
    await reader.unsubscribe()


async def test_what_people_read_is_masked_unless_they_say_what_for(boss, road):
    for path in (
        f"/v1/leads/{road['id']}",
        "/v1/leads",
        "/v1/leads?format=csv",
        f"/v1/accounts/{road['accountId']}/contacts",
        f"/v1/accounts/{road['accountId']}/timeline",
        f"/v1/leads/{road['id']}/timeline",
    ):
        text = (await boss.ask("GET", path)).text
        assert [secret for secret in SECRETS if secret in text] == [], path
    assert f"{PHONE[:3]}****{PHONE[-4:]}" in (await boss.ask("GET", f"/v1/leads/{road['id']}")).text
