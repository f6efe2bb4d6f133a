"""From the stream to a handler: each event once in effect, whatever fails on the way."""

import asyncio

import orjson
import pytest
from nats.aio.msg import Msg
from sqlalchemy import text

from services.kit import inbox as inbox_module
from services.kit import streams
from services.kit.errors import Unavailable
from services.kit.inbox import NOBODY, Inbox
from services.kit.sql import Query
from tests.integration.kit.conftest import COUNTED, count, eventually, thing


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(inbox_module, "RETRY_S", 0.1)


async def test_every_event_is_applied_once_in_order(road):
    road.relay()
    road.consumer()
    told = [event for _ in range(5) for event in await road.emit(*(thing() for _ in range(20)))]
    await eventually(road.counted, told)


async def test_the_library_has_us_read_the_headers_of_what_arrives(road, monkeypatch):
    monkeypatch.setattr(streams.Connection, "_parse_header_lines", staticmethod(lambda raw: {"read": raw.decode()}))
    client = await streams.connect(road.broker.url, "reader")
    try:
        heard = await client.subscribe("said")
        await client.publish("said", b"", headers={"ce-id": "one"})
        assert (await heard.next_msg()).headers == {"read": "ce-id: one\r\n\r\n"}
    finally:
        await client.close()


async def applies_once_though_killed_before_it_acknowledges(road, monkeypatch):
    """Whether a consumer killed between its commit and its acknowledgements leaves each event applied once."""
    ack = Msg.ack

    async def die(message):
        monkeypatch.setattr(Msg, "ack", ack)
        killed.task.cancel()
        await asyncio.sleep(60)

    monkeypatch.setattr(Msg, "ack", die)
    road.relay()
    killed = road.consumer()
    told = await road.emit()
    await asyncio.gather(killed.task, return_exceptions=True)
    assert await road.counted() == told
    road.consumer()
    told += await road.emit()
    for event in told:
        await eventually(lambda event=event: applied(road, event), True)
    js = road.client.jetstream()
    await eventually(lambda: waiting(js), 0)
    return await road.counted() == told


async def applied(road, event):
    return event in await road.counted()


async def waiting(js):
    info = await js.consumer_info("leads", "counting")
    return info.num_pending + info.num_ack_pending


async def test_a_kill_between_commit_and_acknowledgement_changes_nothing(road, monkeypatch):
    assert await applies_once_though_killed_before_it_acknowledges(road, monkeypatch)


async def test_a_consumer_without_an_inbox_is_found_out(road, monkeypatch):
    async def let_all_in(_, __, events):
        return events

    monkeypatch.setattr(Inbox, "_enter", let_all_in)
    assert not await applies_once_though_killed_before_it_acknowledges(road, monkeypatch)


class Poisoned:
    """A handler that fails on some aggregates."""

    def __init__(self, fail):
        self.aggregates = set()
        self._fail = fail

    async def __call__(self, tx, event, envelope):
        if envelope.aggregate_id in self.aggregates:
            await self._fail(tx)
        await count(tx, event, envelope)


async def raise_key_error(tx):
    raise KeyError("a fact that is missing")


async def break_a_constraint(tx):
    await tx.execute(COUNTED, t=None, e=None, a=None, v="no number")


async def divide_by_zero(tx):
    await tx.execute(Query(text("SELECT 1/0")))


@pytest.mark.parametrize("fail", [raise_key_error, break_a_constraint, divide_by_zero])
async def test_a_poisonous_event_becomes_a_dead_letter_and_the_others_flow_on(road, fail):
    handler = Poisoned(fail)
    road.relay()
    road.consumer(handler)
    poison = thing()
    handler.aggregates.add(poison.id)
    (first, bad, last) = await road.emit(thing(), poison, thing())
    after = await road.emit()
    await eventually(lambda: dead(road), [bad])
    await eventually(road.counted, [first, last, *after])
    (letter,) = await road.rows("SELECT consumer, attempts, payload, headers->>'ce-id' AS id FROM dead_letters")
    assert (letter["consumer"], letter["attempts"], letter["id"]) == ("counting", 3, str(bad))
    assert letter["payload"]


async def dead(road):
    return [row["event_id"] for row in await road.rows("SELECT event_id FROM dead_letters")]


async def test_what_is_no_event_at_all_is_set_aside_and_does_not_stop_the_others(road):
    road.relay()
    road.consumer()
    (first,) = await road.emit()
    subject = "dealtrail.leads.v1.LeadQualified.nobody.nothing"
    good = await road.rows("SELECT headers::text AS headers FROM outbox")
    headers = {name: value for name, value in orjson.loads(good[0]["headers"]).items() if name.startswith("ce-")}
    for bad in (None, {}, headers | {"ce-tenant": "x"}, headers | {"ce-time": "soon"}, headers | {"ce-type": "Rumour"}):
        await road.client.request(subject, b"\xff\xff", headers=bad)
    await road.client.request(subject, b"\xff\xff", headers=headers)
    last = await road.emit()
    await eventually(road.counted, [first, *last])
    await eventually(lambda: waiting(road.client.jetstream()), 0)
    letters = await road.rows("SELECT tenant_id, attempts, error, subject FROM dead_letters ORDER BY attempts")
    assert {(letter["tenant_id"], letter["subject"]) for letter in letters} == {(NOBODY, subject)}
    assert [letter["attempts"] for letter in letters] == [1, 1, 1, 1, 2], "the two without headers are one letter"


async def test_an_event_that_postgresql_cannot_store_is_set_aside_as_far_as_it_can(road):
    async def fail(tx, event, envelope):
        raise ValueError("no")

    await road.emit()
    (row,) = await road.rows("SELECT subject, headers::text AS headers FROM outbox")
    road.consumer(fail)
    known = orjson.loads(row["headers"])
    strange = {name: value for name, value in known.items() if name.startswith("ce-")} | {"note": "a\0b"}
    for headers in (strange, strange | {"ce-tenant": "\0"}):
        await road.client.request(row["subject"], b"", headers=headers)

    async def notes():
        return [row["note"] for row in await road.rows("SELECT headers->>'note' AS note FROM dead_letters")]

    await eventually(notes, ["a\\x00b"] * 2)


async def test_when_nats_is_killed_and_comes_back_the_road_goes_on_by_itself(road):
    road.relay()
    road.consumer()
    told = await road.emit()
    await eventually(road.counted, told)
    road.broker.kill()
    told += await road.emit(thing(), thing())
    await asyncio.sleep(1)
    assert await road.counted() == told[:1]
    road.broker.start()
    await eventually(road.counted, told)
    told += await road.emit()
    await eventually(road.counted, told)


async def test_a_durable_that_is_deleted_while_it_is_read_is_made_anew(road):
    road.relay()
    road.consumer()
    told = await road.emit()
    await eventually(road.counted, told)
    await road.client.jetstream().delete_consumer("leads", "counting")
    told += await road.emit()
    await eventually(road.counted, told)


async def test_when_postgresql_cuts_its_connections_events_are_applied_soon_and_once(road):
    road.relay()
    road.consumer()
    told = await road.emit()
    await eventually(road.counted, told)
    for _ in range(3):
        told += await road.emit(*(thing() for _ in range(5)))
        idle = [connection for connection, _ in road.database._pool._idle]
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        await road.rows(f"{cut} AND datname = current_database() AND usename = current_user", road.access.app)
        await eventually(lambda idle=idle: noticed(idle), True)
    await eventually(road.counted, told, timeout_s=streams.ACK_WAIT_S / 2)


async def noticed(connections):
    """Whether this process knows that they are gone."""
    return all(connection.is_closed() for connection in connections)


async def test_while_a_peer_is_out_of_reach_events_wait_and_are_not_set_aside(road):
    handler = Poisoned(out_of_reach)
    road.relay()
    road.consumer(handler)
    asking = thing()
    handler.aggregates.add(asking.id)
    told = await road.emit(asking)
    await asyncio.sleep(3)
    assert await dead(road) == []
    handler.aggregates.clear()
    await eventually(road.counted, told)


async def out_of_reach(tx):
    raise Unavailable


async def test_of_two_consumers_one_reads_and_the_other_takes_over(road):
    road.relay()
    first = road.consumer()
    told = await road.emit()
    await eventually(road.counted, told)
    road.consumer()
    told += await road.emit()
    await eventually(road.counted, told)
    first.task.cancel()
    told += await road.emit(thing(), thing())
    await eventually(road.counted, told)
