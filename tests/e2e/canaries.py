"""A canary person: somebody whose name, phone and mail stand nowhere else, and all places where they could stand."""

import base64
import json
import secrets
import urllib.parse

import asyncpg
import nats

from deploy.local.layout import GATEWAY, services
from deploy.local.roles import database_of
from tests.people import until

PATIENCE_S = 90


class Canary:
    """Somebody whose name, phone and mail stand nowhere else."""

    def __init__(self):
        mark = secrets.token_hex(4)
        self.name = f"金丝雀{mark}"
        self.phone = f"139{secrets.randbelow(10**8):08}"
        self.spaced = f"{self.phone[:3]} {self.phone[3:7]} {self.phone[7:]}"
        self.mail = f"Kanarie.{mark}@example.com"
        self.wechat = f"Kanari_{mark}"
        self.given = {
            "contactName": self.name,
            "phone": self.spaced,
            "email": self.mail,
            "wechatId": self.wechat,
            "attributes": {"微信": f"wx-{mark}"},
        }
        self.words = [
            self.name,
            self.phone,
            self.spaced,
            f"+86{self.phone}",
            self.mail,
            self.mail.lower(),
            self.wechat,
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
    return {path.name for path in paths if canary.leaks(_content(path))}


def _content(path):
    """What stands in a file; nothing if the broker has put another in its place meanwhile and taken it away."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


async def captured(company, canary, name):
    """A person on the road from the form to the deal, with everything that people write down on the way."""
    rep = company.rep
    lead = await rep.post("/v1/leads", {"company": name, **canary.given})
    note = f"{canary.name} 的电话是 {canary.spaced}，邮箱 {canary.mail}，微信 {canary.wechat}"
    call = {"leadId": lead["id"], "kind": "PHONE", "direction": "OUT", "subject": canary.name, "note": note}
    touchpoint = await rep.post("/v1/touchpoints", call)
    await rep.post(f"/v1/touchpoints/{touchpoint['id']}:correct", {"kind": "PHONE", "note": f"{note}；更正"})
    await company.boss.post("/v1/discardReasons", {"code": "NO_NEED", "label": "没有需求", "active": True})
    await rep.post(f"/v1/leads/{lead['id']}:discard", {"reason": "NO_NEED"})
    await rep.post(f"/v1/leads/{lead['id']}:reopen", {"why": f"{canary.name} 又来电了"})
    await rep.post("/v1/tasks", {"title": f"给{canary.name}寄样品", "leadId": lead["id"], "dueDate": "2030-01-31"})
    await rep.post(f"/v1/leads/{lead['id']}:qualify", {"score": 80})
    interest = {"interestRole": "END_USER", "interestTopic": f"{canary.name} 要替换旧系统"}
    lead = await rep.post(f"/v1/leads/{lead['id']}:convert", interest)
    await rep.post(f"/v1/leads/{lead['id']}:reveal", {"purpose": "回电"})
    about = {
        "accountId": lead["accountId"],
        "kind": "PHONE",
        "direction": "IN",
        "note": f"前台说找{canary.name}，{canary.phone}，微信 {canary.wechat}",
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


async def retained(stack, contact_id):
    """What is held of a contact, as it stands in the database."""
    found = [content async for table, content in rows(stack, "leads") if table == "retentions"]
    return [content for content in found if contact_id.encode() in content]
