"""Live updates through the real gateway: a lead changes in the service, and whoever may see it hears of it."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from gateway.live import feed as feeds
from gateway.live import routes
from services.kit.ids import new_id
from tests.people import until


class Stream:
    """An open stream, read as EventSource does."""

    def __init__(self, answer):
        self.status = answer.status_code
        self._lines = answer.aiter_lines()

    async def block(self):
        """The next block: its fields; None at the end."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line:
                if fields:
                    return fields
                continue
            name, _, value = line.partition(":")
            fields[name or "comment"] = value.strip()
        return None

    async def change(self):
        """The next change."""
        while (block := await asyncio.wait_for(self.block(), 60)) is not None:
            if "data" in block:
                return json.loads(block["data"]) | {"event": block.get("event", "message")}
        return None


@asynccontextmanager
async def listening(office, headers=None, **params):
    async with office.client.stream("GET", "/v1/live", headers=headers, params=params) as answer:
        stream = Stream(answer)
        if answer.status_code == 200:
            assert "retry" in await stream.block()
        yield stream


async def lead(office, headers=None, **fields):
    # Each another company: of one company's leads all but the first are held, and their owners told.
    named = {"company": f"{new_id().hex[-8:]}甲公司"} | fields
    answer = await office.client.post("/v1/leads", json=named, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_change_is_heard_without_its_data(office):
    async with listening(office) as stream:
        made = await lead(office, contactName="张伟", phone="13800138000")
        heard = await stream.change()
    assert set(heard) == {"event", "id", "type", "time", "subject", "version", "actor"}
    assert (heard["type"], heard["subject"], heard["version"]) == (
        "LeadCaptured",
        {"kind": "lead", "id": made["id"]},
        1,
    )
    assert heard["actor"] == made["ownerId"]


async def test_only_what_is_in_sight_is_heard(office, other_office):
    await office.user("one")
    await office.user("two")
    one, two = [await office.sign_in(who) for who in ("one", "two")]
    await until(office.told)
    async with listening(office, one) as first, listening(office, two) as second, listening(office) as boss:
        await lead(other_office)
        hers = await lead(office, one)
        his = await lead(office, two)
        assert (await first.change())["subject"]["id"] == hers["id"]
        assert (await second.change())["subject"]["id"] == his["id"]
        assert [(await boss.change())["subject"]["id"] for _ in range(2)] == [hers["id"], his["id"]]


async def test_only_the_types_that_are_asked_for_are_heard(office):
    async with listening(office, types="LeadQualified, LeadDiscarded") as stream:
        made = await lead(office)
        await office.client.post(f"/v1/leads/{made['id']}:qualify", json={"score": 50})
        assert (await stream.change())["type"] == "LeadQualified"


async def test_what_was_missed_is_told_to_whoever_says_what_they_heard_last(office):
    async with listening(office) as stream:
        await lead(office)
        heard = await stream.change()
    missed = [await lead(office) for _ in range(3)]
    async with listening(office, {"Last-Event-ID": heard["id"]}) as stream:
        now = await lead(office)
        told = [(await stream.change())["subject"]["id"] for _ in range(4)]
    assert told == [one["id"] for one in (*missed, now)]


async def test_what_is_no_event_keeps_nobody_from_resuming(office):
    async with listening(office) as stream:
        await lead(office)
        heard = await stream.change()
    who = (await office.house.identity.authenticate({b"authorization": office.bearer()})).principal
    await office.house.feed.client.request(f"dealtrail.leads.v1.LeadCaptured.{who.tenant_id}.x", b"\xff")
    missed = await lead(office)
    async with listening(office, {"Last-Event-ID": heard["id"]}) as stream:
        assert (await stream.change())["subject"]["id"] == missed["id"]


async def test_whoever_missed_too_much_is_told_to_read_anew(office, monkeypatch):
    monkeypatch.setattr("gateway.live.replay.AT_MOST", 2)
    async with listening(office) as stream:
        await lead(office)
        heard = await stream.change()
        for _ in range(4):
            await lead(office)
            await stream.change()
    async with listening(office, {"Last-Event-ID": heard["id"]}) as stream:
        assert (await stream.change())["event"] == "reset"


async def test_a_stream_shows_that_it_lives_and_ends_with_the_session(office, monkeypatch):
    monkeypatch.setattr(routes, "HEARTBEAT_SECONDS", 0.2)
    user = await office.user("leaver")
    headers = await office.sign_in("leaver")
    async with listening(office, headers) as stream:
        assert await stream.block() == {"comment": "still here"}
        await office.client.post(f"/v1/users/{user['id']}:deactivate", json={})
        while (block := await asyncio.wait_for(stream.block(), 60)) is not None:
            assert block == {"comment": "still here"}


async def test_a_gateway_hears_only_of_tenants_somebody_listens_to(office, other_office):
    def heard():
        return office.house.feed.client.stats["in_msgs"]

    await lead(other_office)
    await until(office.told)
    before = heard()
    async with listening(office) as stream:
        await lead(other_office)
        mine = await lead(office)
        assert (await stream.change())["subject"]["id"] == mine["id"]
        assert heard() == before + 1
    async with listening(other_office) as stream:  # by now the first has left
        await lead(office)
        theirs = await lead(other_office)
        assert (await stream.change())["subject"]["id"] == theirs["id"]
        assert heard() == before + 2


async def test_whoever_does_not_read_is_let_go_and_holds_nobody_up(office, monkeypatch):
    monkeypatch.setattr(feeds, "QUEUE", 3)
    who = (await office.house.identity.authenticate({b"authorization": office.bearer()})).principal
    async with office.house.feed.listening(who, frozenset()) as slow:
        async with listening(office) as reader:
            for _ in range(5):
                made = await lead(office)
                assert (await reader.change())["subject"]["id"] == made["id"]
        assert slow.ended
        heard = [await slow.next() for _ in range(4)]
        assert heard[-1] is None


async def test_nobody_listens_without_end(office, monkeypatch):
    monkeypatch.setattr(feeds, "FOR_ONE_USER", 1)
    async with listening(office):
        answer = await office.client.get("/v1/live")
        assert (answer.status_code, answer.json()["reason"]) == (429, "TOO_MANY_LISTENERS")

    async def let_in():
        async with listening(office) as stream:
            return stream.status == 200

    await until(let_in)


@pytest.mark.parametrize(("headers", "status"), [({"Authorization": ""}, 401), ({"Last-Event-ID": "yesterday"}, 400)])
async def test_a_request_that_cannot_be_served_is_refused_as_everywhere(office, headers, status):
    answer = await office.client.get("/v1/live", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
