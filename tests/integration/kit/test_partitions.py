"""Several readers of one stream: none loses, none applies twice, whoever comes, goes, and is killed."""

import asyncio
import random
from collections import defaultdict
from uuid import UUID

import pytest

from services.kit import readers, streams
from services.kit.ids import new_id
from services.kit.partitions import SLOTS, durables
from services.kit.principal import Principal
from services.kit.streams import unapplied
from tests.integration.kit.conftest import eventually, thing

TENANTS = 12


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(readers, "LOOK_EVERY_S", 0.1)


@pytest.fixture
def tenants():
    """In all slots, one after the other."""
    ids = [UUID(int=new_id().int // SLOTS * SLOTS + number % SLOTS) for number in range(TENANTS)]
    return [Principal(one, new_id(), "BOSS", None) for one in ids]


class Telling:
    """Events of several tenants, one after the other, until told to stop; what was told, by tenant."""

    def __init__(self, road, tenants):
        self.told = defaultdict(list)
        self._road, self._tenants = road, tenants
        self._task = asyncio.create_task(self._tell())
        self._stop = False

    async def _tell(self):
        while not self._stop:
            for tenant in self._tenants:
                self.told[tenant.tenant_id] += await self._road.emit(thing(), thing(), tenant=tenant)

    async def stop(self):
        self._stop = True
        await self._task
        return dict(self.told)


async def applied(road):
    found = defaultdict(list)
    for row in await road.rows("SELECT tenant_id, event_id FROM counted ORDER BY nth"):
        found[row["tenant_id"]].append(row["event_id"])
    return dict(found)


async def kill(reader):
    reader.task.cancel()
    await asyncio.gather(reader.task, return_exceptions=True)


async def test_of_many_readers_each_applies_its_tenants_events_once_and_in_order_though_readers_die(road, tenants):
    road.relay()
    running = [road.consumer(partitions=4) for _ in range(3)]
    telling = Telling(road, tenants)
    for _ in range(4):
        await asyncio.sleep(0.5)
        await kill(running.pop(0))
        running.append(road.consumer(partitions=4))
    told = await telling.stop()
    await eventually(lambda: applied(road), told)


async def told_more(road, count):
    """Wait until so many more events are in the stream."""

    async def last():
        return (await road.client.jetstream().stream_info("leads")).state.last_seq

    until = await last() + count

    async def reached():
        return await last() >= until

    await eventually(reached, True)


async def loses_and_repeats_nothing_while_partitions_change(road, tenants, patience_s=60):
    """Whether each event is applied once while 1, 2, 4 and 1 partitions are read, old readers beside new ones.

    Between the first and the next nobody reads, while more is told.
    """
    road.relay()
    first, before = road.consumer(), []
    telling = Telling(road, tenants)
    await asyncio.sleep(0.7)
    await kill(first)
    await told_more(road, 20)
    for number in (2, 4, 1):
        after = [road.consumer(partitions=number) for _ in range(2)]
        await asyncio.sleep(random.uniform(0, 0.3))
        for reader in before:
            await kill(reader)
        before = after
        await asyncio.sleep(0.7)
    told = {tenant: set(events) for tenant, events in (await telling.stop()).items()}

    async def all_there():
        return {tenant: set(events) for tenant, events in (await applied(road)).items()} == told

    try:
        await eventually(all_there, True, patience_s)
    except AssertionError:
        return False
    return sum(map(len, (await applied(road)).values())) == sum(map(len, told.values()))


async def test_while_partitions_are_added_and_taken_away_no_event_is_lost_or_applied_twice(road, tenants):
    assert await loses_and_repeats_nothing_while_partitions_change(road, tenants)


async def test_new_partitions_that_begin_at_the_end_of_the_stream_are_found_out(road, tenants, monkeypatch):
    async def at_the_end(client, stream, names):
        return (await client.jetstream().stream_info(stream)).state.last_seq + 1

    monkeypatch.setattr(streams, "_all_applied", at_the_end)
    assert not await loses_and_repeats_nothing_while_partitions_change(road, tenants, patience_s=2)


async def test_new_partitions_begin_where_the_former_ones_are(road, tenants):
    road.relay()
    former = road.consumer(partitions=2)
    told = [event for tenant in tenants for event in await road.emit(tenant=tenant)]
    await eventually(lambda: total(road), len(told))
    for one in durables("counting", 2):  # the server, too, is to know by now
        await eventually(lambda durable=one: unapplied(road.client, "leads", durable), 0)
    await kill(former)
    late = await road.emit(tenant=tenants[0])
    road.consumer(partitions=4)
    await eventually(lambda: total(road), len(told) + len(late))
    infos = [await road.client.jetstream().consumer_info("leads", one) for one in durables("counting", 4)]
    assert all(info.config.opt_start_seq and info.config.opt_start_seq > len(told) // 2 for info in infos)


async def total(road):
    return len(await road.counted())


async def test_processes_share_the_partitions_evenly_and_take_over_what_another_leaves(road):
    first = road.consumer(partitions=4)
    await eventually(lambda: shares(first), [4])
    second, third = road.consumer(partitions=4), road.consumer(partitions=4)
    await eventually(lambda: shares(first, second, third), [1, 1, 2])
    await kill(second)
    await eventually(lambda: shares(first, third), [2, 2])
    assert not first.reading.keys() & third.reading.keys()


async def shares(*processes):
    return sorted(len(process.reading) for process in processes)
