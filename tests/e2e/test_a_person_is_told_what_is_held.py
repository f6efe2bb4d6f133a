"""A person asks what is held of them, and gets all of it by a link that opens once."""

import io
import json
import zipfile

import pytest

from tests.e2e.canaries import Canary, captured, in_databases


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("auskunft")


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
            ("leads", "discard"),
            ("leads", "interest"),
            ("leads", "task"),
            ("opportunities", "deal"),
            ("timeline", "touchpoint"),
        )
    }
    for word in (
        canary.name,
        canary.spaced,
        canary.mail,
        canary.words[-1],
        "谈预算",
        "又来电了",
        "寄样品",
        "要替换旧系统",
    ):
        assert word in table
    assert (await stranger.ask("GET", export["url"])).status_code == 404
