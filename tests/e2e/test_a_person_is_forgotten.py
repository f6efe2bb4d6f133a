"""A canary person goes the whole road, asks what is held, and is erased: nothing is left but what the law keeps."""

import base64
import io
import json
import secrets
import urllib.parse
import zipfile
from datetime import UTC, datetime

import asyncpg
import nats
import pytest

from deploy.local.layout import GATEWAY, services
from deploy.local.roles import database_of
from tests.people import until

PATIENCE_S = 30


class Canary:
    """Somebody whose name, phone and mail stand nowhere else."""

    def __init__(self):
        mark = secrets.token_hex(4)
        self.name = f"金丝雀{mark}"
        self.phone = f"139{secrets.randbelow(10**8):08}"
        self.spaced = f"{self.phone[:3]} {self.phone[3:7]} {self.phone[7:]}"
        self.mail = f"Kanarie.{mark}@example.com"
        self.given = {
            "contactName": self.name,
            "phone": self.spaced,
            "email": self.mail,
            "attributes": {"微信": f"wx-{mark}"},
        }
        self.words = [
            self.name,
            self.phone,
            self.spaced,
            f"+86{self.phone}",
            self.mail,
            self.mail.lower(),
            f"wx-{mark}",
        ]

    def forms(self):
        """The words and what programs make of them: bytes, hexadecimal, URLs, base64 at each offset, JSON, UTF-16."""
        found = set()
        for word in self.words:
            raw = word.encode()
            found |= {raw, raw.hex().encode(), raw.hex().upper().encode(), urllib.parse.quote(word).encode()}
            found |= {json.dumps(word)[1:-1].encode(), word.encode("utf-16-le"), word.encode("utf-16-be")}
            found |= {base64.b64encode(b"\0" * n + raw)[-(-8 * n // 6) :].rstrip(b"=")[:-1] for n in range(3)}
        return sorted(found)

    def leaks(self, content):
        """The forms that stand in the content."""
        content = content if isinstance(content, bytes) else content.encode()
        return [form for form in self.forms() if form in content]


async def rows(stack, service):
    """Every row of every table of a service's database, as bytes, by the name of the table."""
    connection = await asyncpg.connect(stack.superuser(service))
    try:
        tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        for (table,) in tables:
            for row in await connection.fetch(f"SELECT * FROM {table}"):
                yield table, b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in row.values())
    finally:
        await connection.close()


async def in_databases(stack, canary):
    """Where a canary stands in the databases."""
    assert database_of(GATEWAY)
    return {
        f"{service}.{table}"
        for service in (*services(), GATEWAY)
        async for table, content in rows(stack, service)
        if canary.leaks(content)
    }


async def in_streams(stack, canary):
    """The subjects of the messages, of all streams, that hold a canary."""
    client = await nats.connect(stack.nats())
    js = client.jetstream()
    found = set()
    for stream in await js.streams_info():
        reader = await js.pull_subscribe(">", stream=stream.config.name)
        for _ in range(-(-stream.state.messages // 500)):
            for message in await reader.fetch(500, timeout=5):
                if canary.leaks(message.data + str(message.headers).encode()):
                    found.add(message.subject)
        await reader.unsubscribe()
    await client.close()
    return found


def in_files(stack, canary):
    """The files of the broker, and the logs of all processes, that hold a canary."""
    paths = [stack.log, *(path for path in (stack.home / "nats").rglob("*") if path.is_file())]
    paths += stack.home.rglob("*.log")
    return {path.name for path in paths if canary.leaks(path.read_bytes())}


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("voliere")


async def captured(company, canary, name):
    """A person on the road from the form to the deal, with everything that people write down on the way."""
    rep = company.rep
    lead = await rep.post("/v1/leads", {"company": name, **canary.given})
    note = f"{canary.name} 的电话是 {canary.spaced}，邮箱 {canary.mail}"
    call = {"leadId": lead["id"], "kind": "PHONE", "direction": "OUT", "subject": canary.name, "note": note}
    touchpoint = await rep.post("/v1/touchpoints", call)
    await rep.post(f"/v1/touchpoints/{touchpoint['id']}:correct", {"kind": "PHONE", "note": f"{note}；更正"})
    await rep.post(f"/v1/leads/{lead['id']}:qualify", {"score": 80})
    lead = await rep.post(f"/v1/leads/{lead['id']}:convert")
    await rep.post(f"/v1/leads/{lead['id']}:reveal", {"purpose": "回电"})
    about = {
        "accountId": lead["accountId"],
        "kind": "PHONE",
        "direction": "IN",
        "note": f"前台说找{canary.name}，{canary.phone}",
    }
    mention = await rep.post("/v1/touchpoints", about)
    await rep.post("/v1/touchpoints", about | {"participants": [lead["contactId"]], "note": "谈预算"})
    return lead, mention


async def imported(company, canary):
    """The same person in a file: in a row that is taken and in one that is refused."""
    columns = {"公司": "company", "联系人": "contactName", "电话": "phone", "邮箱": "email"}
    content = (
        f"公司,联系人,电话,邮箱\n甲,{canary.name},{canary.phone},{canary.mail}\n乙,{canary.name},{canary.phone},x\n"
    )
    form = {"kind": "leads", "mapping": json.dumps({"columns": columns})}
    files = {"file": ("people.csv", content.encode(), "text/csv")}
    operation = (await company.rep.send("/v1/imports", form, files)).json()

    async def ended():
        found = await company.rep.get(f"/v1/operations/{operation['id']}")
        return found["rows"] if found["state"] == "SUCCEEDED" else None

    counted = await until(ended)
    assert (counted["created"], counted["refused"]) == (1, 1)
    report = (await company.rep.ask("GET", f"/v1/operations/{operation['id']}/errors")).text
    assert canary.name in report
    return operation


async def erased(company, canary):
    """Found by phone, requested by the admin, approved by the boss, done."""
    found = (await company.admin.post("/v1/persons:find", {"phone": f"+86 {canary.phone}"}))["persons"]
    ids = [one["id"] for one in found]
    asked = await company.admin.post("/v1/erasures", {"personIds": ids, "channel": "来信"})
    assert (asked["state"], asked["overdue"]) == ("REQUESTED", False)
    again = await company.admin.post("/v1/erasures", {"personIds": ids, "channel": "来电"})
    assert again["id"] == asked["id"]
    path = f"/v1/erasures/{asked['id']}"
    assert (await company.admin.ask("POST", f"{path}:approve", {"verification": "身份证"})).status_code == 403
    await company.boss.post(f"{path}:approve", {"verification": "回拨登记号码核实"})

    async def done():
        erasure = await company.boss.get(path)
        return erasure if erasure["state"] == "DONE" else None

    return ids, await until(done, PATIENCE_S)


def outcome(erasure, wanted):
    return {one["kind"]: one["count"] for one in erasure["effects"] if one["outcome"] == wanted}


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
    assert said["note"] == "前台说找****，****"
    versions = (await company.rep.get(f"/v1/touchpoints/{mention['id']}/versions"))["versions"]
    assert len(versions) == 1


async def test_a_lead_of_an_erased_person_can_still_be_worked(company, forgotten):
    _, lead, _, _, _ = forgotten
    shared = await company.boss.post(f"/v1/leads/{lead['id']}:share", {"userIds": [company.colleague.id]})
    assert (shared["contactName"], shared["collaborators"]) == ("", [company.colleague.id])


async def retained(stack, contact_id):
    """What is held of a contact, as it stands in the database."""
    found = [content async for table, content in rows(stack, "leads") if table == "retentions"]
    return [content for content in found if contact_id.encode() in content]


async def test_what_a_signed_contract_needs_is_kept_sealed_and_locked(stack, company):
    canary = Canary()
    lead, _ = await captured(company, canary, "鹦鹉机电")
    amount = {"amount": "1000.00", "currency": "CNY"}
    await company.rep.post(f"/v1/deals/{lead['dealId']}:win", {"amount": amount})
    plan = [{"label": "全款", "trigger": "SIGN", "amount": amount}]
    drafted = await company.rep.post("/v1/contracts", {"dealId": lead["dealId"], "instalments": plan})
    await company.rep.post(f"/v1/contracts/{drafted['id']}:sign")
    _, erasure = await erased(company, canary)
    assert outcome(erasure, "RETAINED") == {"contracts.contracts": 1, "leads.contacts": 1}
    held = [one for one in erasure["effects"] if one["outcome"] == "RETAINED"]
    assert {one["reason"] for one in held} == {"SIGNED_CONTRACT"}
    assert erasure["holdUntil"] > f"{datetime.now(UTC).year + 9}"
    assert await in_databases(stack, canary) == set()
    revealed = await company.boss.post(
        f"/v1/contacts/{lead['contactId']}:reveal", {"purpose": "查看", "use": "CONTRACT"}
    )
    assert (revealed["name"], revealed["phone"]) == ("", "")
    assert len(await retained(stack, lead["contactId"])) == 1
    assert (await company.boss.get(f"/v1/contracts/{drafted['id']}"))["status"] == "SIGNED"


async def test_a_person_is_told_all_that_is_held_by_a_link_that_opens_once(stack, company):
    canary = Canary()
    lead, _ = await captured(company, canary, "雀巢仪表")
    path = f"/v1/persons/{lead['id']}/consents"
    await company.rep.post(path, {"purpose": "MARKETING", "given": True, "textVersion": "privacy-1", "channel": "电话"})
    asked = {"personIds": [lead["id"]], "purpose": "本人来信查阅"}
    assert (await company.rep.ask("POST", "/v1/personalExports", asked)).status_code == 403
    export = await company.admin.post("/v1/personalExports", asked)
    assert await in_databases(stack, canary) <= {"leads.idempotency", "timeline.idempotency"}
    stranger = company.boss.beside("nobody")
    assert (await stranger.ask("GET", export["url"][:-2] + "00")).status_code == 404
    fetched = await stranger.ask("GET", export["url"])
    assert fetched.status_code == 200
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        told = json.loads(archive.read("person.json"))
        table = archive.read("person.csv").decode("utf-8-sig")
    assert {(one["service"], one["kind"]) for one in told} >= {
        *(
            ("leads", "lead"),
            ("leads", "contact"),
            ("leads", "consent"),
            ("opportunities", "deal"),
            ("timeline", "touchpoint"),
        )
    }
    for word in (canary.name, canary.spaced, canary.mail, canary.words[-1], "谈预算"):
        assert word in table
    assert (await stranger.ask("GET", export["url"])).status_code == 404


async def test_a_withdrawn_consent_holds_at_once_and_everywhere(company):
    canary = Canary()
    lead, _ = await captured(company, canary, "白鹭数控")
    rep = company.rep
    words = {"textVersion": "privacy-1", "channel": "短信"}
    marketing = {"purpose": "活动邀请", "use": "MARKETING"}
    refused = await rep.ask("POST", f"/v1/leads/{lead['id']}:reveal", marketing)
    assert refused.json()["reason"] == "CONSENT_NOT_GIVEN"
    path = f"/v1/persons/{lead['id']}/consents"
    await rep.post(path, {"purpose": "MARKETING", "given": True} | words)
    await rep.post(f"/v1/leads/{lead['id']}:reveal", marketing)
    for purpose in ("MARKETING", "FOLLOW_UP"):
        await rep.post(path, {"purpose": purpose, "given": False} | words)
    for reveal in (f"/v1/leads/{lead['id']}:reveal", f"/v1/contacts/{lead['contactId']}:reveal"):
        assert (await rep.ask("POST", reveal, {"purpose": "回电"})).json()["reason"] == "CONSENT_WITHDRAWN"
        assert (await rep.ask("POST", reveal, {"purpose": "履约", "use": "CONTRACT"})).status_code == 200
    call = {"accountId": lead["accountId"], "participants": [lead["contactId"]], "kind": "PHONE", "direction": "OUT"}

    async def heard():
        answer = await rep.ask("POST", "/v1/touchpoints", call)
        return answer.status_code != 200 and answer.json()["reason"]

    assert await until(heard) == "CONSENT_WITHDRAWN"
    await rep.post("/v1/touchpoints", call | {"direction": "IN"})
    said = (await rep.get(path))["consents"]
    assert [(one["purpose"], one["given"]) for one in said] == [
        ("FOLLOW_UP", False),
        ("MARKETING", False),
        ("MARKETING", True),
    ]
    assert (await company.colleague.ask("GET", path)).status_code == 404


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
