"""From the outbox to the stream: all that was committed, nothing else, each once."""

import asyncio

import asyncpg
import orjson
import pytest
from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import leads_pb2
from nats.errors import OutboundBufferLimitError

from services.kit import relay as relay_module
from services.kit.ids import new_id
from services.kit.relay import MARK, Relay
from tests.integration.kit.conftest import eventually, thing

CUT = """SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
"""Who leads loses its connection."""


async def test_what_was_committed_is_published_and_nothing_that_rolled_back(road):
    road.relay()
    told = await road.emit()
    with pytest.raises(RuntimeError):
        await road.emit(fail=True)
    told += await road.emit(thing(), thing(), thing(), thing(), thing())
    await eventually(road.unpublished, 0)
    assert await road.stream() == told


async def test_events_of_one_aggregate_keep_their_order_under_concurrent_writers(road):
    road.relay()
    things = [thing() for _ in range(5)]

    async def write(one):
        for version in range(1, 21):
            one.version = version
            await road.emit(one)

    await asyncio.gather(*(write(one) for one in things))
    await eventually(road.unpublished, 0)
    told = await road.rows("SELECT event_id, aggregate_id, version FROM outbox")
    known = {row["event_id"]: (row["aggregate_id"], row["version"]) for row in told}
    passed = [known[event] for event in await road.stream()]
    for one in things:
        assert [version for identity, version in passed if identity == one.id] == list(range(1, 21))


async def test_of_two_relays_one_leads_and_another_takes_over_when_its_connection_is_cut(road):
    relays = [road.relay(), road.relay()]
    await eventually(lambda: leaders(relays), 1)
    told = await road.emit()
    await eventually(road.unpublished, 0)
    assert await road.rows(CUT, road.access.relay)
    told += await road.emit()
    await eventually(road.unpublished, 0)
    assert await road.stream() == told
    await eventually(lambda: leaders(relays), 1)


async def test_a_relay_that_ends_leaves_the_lead_to_the_next(road):
    relays = [road.relay(), road.relay()]
    await eventually(lambda: leaders(relays), 1)
    (leader,) = [one for one in relays if one.leads]
    leader.task.cancel()
    told = await road.emit()
    await eventually(road.stream, told)


async def leaders(relays):
    return sum(one.leads for one in relays)


async def test_a_follower_wakes_the_leader_for_what_was_committed_beside_it(road, monkeypatch):
    monkeypatch.setattr(relay_module, "POLL_S", 60)
    leader = road.relay()
    await eventually(lambda: leaders([leader]), 1)
    # The leader's own process has another event to be woken by, and never hears of this commit itself.
    leader._committed = asyncio.Event()
    await asyncio.sleep(0)
    road.relay()
    await asyncio.sleep(0.2)
    told = await road.emit()
    await eventually(road.stream, told, timeout_s=10)


class DiesBeforeMarking(Relay):
    """Killed after the stream has the events and before they are marked."""

    async def publish_pending(self, connection):
        return await super().publish_pending(Deaf(connection))


class Deaf:
    def __init__(self, connection):
        self._connection = connection

    async def fetch(self, query):
        return await self._connection.fetch(query)

    async def execute(self, query, *_):
        assert query == MARK
        raise asyncio.CancelledError


@pytest.mark.parametrize("number", [1, 5, 100])
async def test_what_is_sent_again_after_a_kill_between_publish_and_mark_is_dropped(road, number):
    told = await road.emit(*(thing() for _ in range(number)))
    killed = road.relay(DiesBeforeMarking)
    await asyncio.gather(killed.task, return_exceptions=True)
    assert await road.stream() == told
    assert await road.unpublished() == number
    road.relay()
    await eventually(road.unpublished, 0)
    assert await road.stream() == told


async def test_a_batch_with_one_known_id_is_sent_one_by_one(road):
    told = await road.emit(*(thing() for _ in range(20)))
    rows = await road.rows("SELECT subject, headers::text AS headers, payload FROM outbox ORDER BY id OFFSET 3 LIMIT 1")
    await road.client.request(rows[0]["subject"], rows[0]["payload"], headers=orjson.loads(rows[0]["headers"]))
    road.relay()
    await eventually(road.unpublished, 0)
    assert await road.stream() == [told[3], *told[:3], *told[4:]]


async def test_events_of_one_thing_keep_their_order_through_batches(road):
    things = [thing() for _ in range(50)]
    told = [one for _ in range(4) for one in await road.emit(*things)]
    road.relay()
    await eventually(road.unpublished, 0)
    assert await road.stream() == told


class CutOffAmidItsWaves(Relay):
    """Another leads when its first wave is out; it goes on with the next ones, for it does not know."""

    other = None

    async def _publish_wave(self, batches, stuck, kept):
        await super()._publish_wave(batches, stuck, kept)
        if self.other is None:
            self.other = await self.next_leader()


async def test_while_two_relays_publish_the_same_waves_each_event_is_stored_once_and_in_its_order(road):
    async def depose():
        await road.rows(CUT, road.access.relay)
        other = road.relay()
        await eventually(lambda: leaders([other]), 1)
        return other

    things = [thing() for _ in range(50)]
    for version in range(1, 9):
        for one in things:
            one.version = version
        await road.emit(*things)
    road.relay(CutOffAmidItsWaves).next_leader = depose
    await eventually(road.unpublished, 0)
    told = await road.rows("SELECT event_id, aggregate_id, version FROM outbox")
    known = {row["event_id"]: (row["aggregate_id"], row["version"]) for row in told}
    passed = [known[event] for event in await road.stream()]
    for one in things:
        assert [version for identity, version in passed if identity == one.id] == list(range(1, 9))


class RunsFull(Relay):
    """Can send one batch, and then no more."""

    sent = 0

    async def _send(self, rows):
        if self.sent:
            raise OutboundBufferLimitError
        self.sent = len(rows)
        return await super()._send(rows)


async def test_what_was_sent_before_a_batch_that_could_not_be_is_marked(road):
    told = await road.emit(*(thing() for _ in range(100)))
    relay = RunsFull(road.access.relay, road.client, "leads", road.database.committed)
    connection = await asyncpg.connect(road.access.relay)
    with pytest.raises(OutboundBufferLimitError):
        await relay.publish_pending(connection)
    await connection.close()
    assert await road.unpublished() == len(told) - relay.sent
    assert await road.stream() == told[: relay.sent]


async def test_an_event_that_the_stream_refuses_holds_up_its_aggregate_and_nothing_else(road):
    big = thing()
    async with road.database.transaction(road.tenant) as tx:
        lead = leads_pb2.Lead(id=str(big.id), company="x" * 300_000)
        tx.emit(events.LeadQualified(lead=lead), big)
    await road.emit(big)
    others = await road.emit(*(thing() for _ in range(5)))
    road.relay()
    others += await road.emit()
    await eventually(road.stream, others)
    await eventually(road.unpublished, 2)


async def test_a_stream_that_was_deleted_is_made_anew_and_goes_on(road):
    road.relay()
    await road.emit()
    await eventually(road.unpublished, 0)
    await road.client.jetstream().delete_stream("leads")
    told = await road.emit()
    await eventually(road.unpublished, 0)
    assert await road.stream() == told


class CursorRelay(Relay):
    """The planted bug: it remembers the highest id that it has sent and looks beyond it only."""

    seen = 0

    async def publish_pending(self, connection):
        return await super().publish_pending(Beyond(connection, self))


class Beyond:
    def __init__(self, connection, relay):
        self._connection, self._relay = connection, relay

    async def fetch(self, query):
        beyond = query.replace("published_at IS NULL", f"id > {self._relay.seen}")
        rows = await self._connection.fetch(beyond)
        self._relay.seen = max([self._relay.seen, *(row["id"] for row in rows)])
        return rows

    async def execute(self, query, *arguments):
        return await self._connection.execute(query, *arguments)


COPY = """INSERT INTO outbox (tenant_id, event_id, aggregate_id, version, subject, headers, payload)
SELECT tenant_id, $1::uuid, aggregate_id, version + 1, subject,
  headers || jsonb_build_object('ce-id', $1::uuid, 'Nats-Msg-Id', $1::uuid), payload FROM outbox LIMIT 1"""


async def loses_nothing_when_commits_overtake_each_other(road, kind):
    """Whether a relay of this kind publishes an event whose id was drawn first and committed last."""
    road.relay(kind)
    told = await road.emit()
    await eventually(road.stream, told)
    slow, first = await asyncpg.connect(road.access.app), new_id()
    async with slow.transaction():
        await slow.execute(f"SET LOCAL app.tenant = '{road.tenant.tenant_id}'")
        await slow.execute(COPY, first)
        told += await road.emit()
        await eventually(road.stream, told)
    await slow.close()
    later = await road.emit()

    async def published():
        return later[0] in await road.stream()

    await eventually(published, True)
    return await road.stream() == [*told, first, *later]


async def test_no_event_is_lost_when_commits_overtake_each_other(road):
    assert await loses_nothing_when_commits_overtake_each_other(road, Relay)


async def test_a_relay_with_a_cursor_is_found_out(road):
    assert not await loses_nothing_when_commits_overtake_each_other(road, CursorRelay)
