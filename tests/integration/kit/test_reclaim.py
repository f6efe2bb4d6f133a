"""A reader that is killed leaves deliveries behind; the next one does not wait for their time to be over."""

import time

from services.kit import streams
from tests.integration.kit.conftest import eventually, thing

SOON_S = 10
"""Long before the time to acknowledge is over."""


async def test_what_a_killed_reader_had_in_hand_is_applied_by_the_next_at_once(road):
    assert SOON_S < streams.ACK_WAIT_S / 2
    told = await road.emit(*(thing() for _ in range(5)))
    road.relay()
    await eventually(road.unpublished, 0)
    await streams.ensure_consumer(road.client, "leads", "counting", ["dealtrail.leads.v1.LeadQualified.>"])
    killed = await road.client.jetstream().pull_subscribe_bind("counting", stream="leads")
    assert len(await killed.fetch(3, timeout=5)) == 3
    began = time.monotonic()
    road.consumer()
    await eventually(road.counted, told, SOON_S)
    assert time.monotonic() - began < SOON_S
