"""A partner reads its own company's deals and can do nothing else at the broker, tried on the real one."""

import asyncio
import time

import nats
import pytest
from nats.js.api import AckPolicy, ConsumerConfig

from services.opportunities.feed.operations import FEED, STREAM
from tests.integration.partners.conftest import refusals, refused

PULL = "$JS.API.CONSUMER.MSG.NEXT.deals"


async def test_a_partner_reads_and_acknowledges_its_own_companys_events(office, partners):
    mine, rival = partners
    await office.tell(mine.user.tenant_id, 5)
    await office.tell(rival.user.tenant_id, 2)
    client = await mine.connect()
    events = await (await mine.pulling(client)).fetch(5, timeout=20)
    assert {event.subject for event in events} == {f"{FEED}.{mine.user.tenant_id}.won"}
    for event in events:
        await event.ack_sync()
    # An acknowledgement that is not exported vanishes without a word: only the broker's count tells.
    known = await office.consumer(mine.user)
    assert (known.num_ack_pending, known.num_pending) == (0, 0)
    assert client.refusals == []
    await client.close()


async def test_there_is_nothing_of_anothers_to_fetch(office, partners):
    mine, rival = partners
    await office.tell(rival.user.tenant_id, 3)
    client = await mine.connect()
    with pytest.raises(TimeoutError):
        await (await mine.pulling(client)).fetch(1, timeout=0.5)
    await client.close()


FORBIDDEN = {
    "pull from another's consumer": lambda c, me, rival: c.request(f"{PULL}.{rival.durable}", b"1", timeout=0.5),
    "make a consumer": lambda c, me, rival: c.jetstream().add_consumer(
        STREAM.name, ConsumerConfig(durable_name="mine", ack_policy=AckPolicy.EXPLICIT), timeout=0.5
    ),
    "look at the stream": lambda c, me, rival: c.request("$JS.API.STREAM.INFO.deals", b"", timeout=0.5),
    "purge the stream": lambda c, me, rival: c.request("$JS.API.STREAM.PURGE.deals", b"", timeout=0.5),
    "get a message directly": lambda c, me, rival: c.request(
        "$JS.API.DIRECT.GET.deals", b'{"last_by_subj":"deals.v1.>"}', timeout=0.5
    ),
    "publish an event": lambda c, me, rival: c.publish(f"{FEED}.{me.tenant_id}.won", b"forged"),
    "hear all deals": lambda c, me, rival: c.subscribe("deals.>"),
    "hear everything": lambda c, me, rival: c.subscribe(">"),
    "hear another's inbox": lambda c, me, rival: c.subscribe(f"{rival.inbox}.>"),
    "publish our own event": lambda c, me, rival: c.publish("dealtrail.opportunities.v1.DealWon.x.y", b"forged"),
    "hear our own events": lambda c, me, rival: c.subscribe("dealtrail.>"),
    "wind back another's consumer": lambda c, me, rival: c.request(
        f"$JS.API.CONSUMER.RESET.deals.{rival.durable}", b'{"seq":1}', timeout=0.5
    ),
    "delete the own consumer": lambda c, me, rival: c.request(
        f"$JS.API.CONSUMER.DELETE.deals.{me.durable}", b"", timeout=0.5
    ),
    "let the server reload": lambda c, me, rival: c.publish("$SYS.REQ.SERVER.PING", b""),
    "hear who connects": lambda c, me, rival: c.subscribe("$SYS.>"),
}


async def test_all_else_is_refused(office, partners):
    mine, rival = partners
    await office.tell(rival.user.tenant_id, 3)
    js = office.client.jetstream()
    before = (await js.stream_info(STREAM.name)).state
    client = await mine.connect()
    for name, call in FORBIDDEN.items():
        said = await refused(client, call(client, mine.user, rival.user))
        assert any("permissions violation" in one for one in said), name
    after = (await js.stream_info(STREAM.name)).state
    assert (after.messages, after.consumer_count) == (before.messages, before.consumer_count)
    assert (await office.consumer(rival.user)).num_pending == 3
    await client.close()


async def test_a_forged_acknowledgement_of_anothers_event_has_no_effect(office, partners):
    mine, rival = partners
    await office.tell(rival.user.tenant_id)
    theirs, ours = await rival.connect(), await mine.connect()
    [event] = await (await rival.pulling(theirs)).fetch(1, timeout=20)
    assert any("permissions violation" in one for one in await refused(ours, ours.publish(event.reply, b"+ACK")))
    second_form = event.reply.replace("$JS.ACK.", "$JS.ACK._.HASH.")
    assert any("permissions violation" in one for one in await refused(ours, ours.publish(second_form, b"+ACK")))
    assert (await office.consumer(rival.user)).num_ack_pending == 1
    await theirs.close()
    await ours.close()


async def test_nobody_enters_without_a_key_or_with_one_of_ones_own(partners):
    mine, rival = partners
    with pytest.raises(nats.errors.Error, match="Authorization"):
        await nats.connect(mine.server, allow_reconnect=False, connect_timeout=20, max_reconnect_attempts=1)
    # With the right key an inbox of another's is refused all the same.
    client = await mine.connect(inbox_prefix=rival.user.inbox)
    with pytest.raises((TimeoutError, nats.errors.Error)):
        await (await mine.pulling(client)).fetch(1, timeout=0.5)
    assert any("permissions violation" in one for one in await refusals(client))
    await client.close()


async def test_a_partner_that_never_acknowledges_holds_up_itself_alone(office, partners):
    mine, rival = partners
    await office.tell(mine.user.tenant_id, 130)
    await office.tell(rival.user.tenant_id, 130)
    ours, theirs = await mine.connect(), await rival.connect()
    taken = await (await mine.pulling(ours)).fetch(130, timeout=2)
    assert len(taken) == 100
    with pytest.raises(TimeoutError):
        await (await mine.pulling(ours)).fetch(1, timeout=0.5)
    pulling = await rival.pulling(theirs)
    heard = 0
    while heard < 130:
        for event in await pulling.fetch(50, timeout=20):
            await event.ack()
            heard += 1
    await office.tell(rival.user.tenant_id)
    assert len(await pulling.fetch(1, timeout=20)) == 1
    await ours.close()
    await theirs.close()


async def test_a_flood_of_pulls_does_not_delay_others(office, partners):
    mine, rival = partners
    flooding, theirs = await mine.connect(pending_size=1 << 24), await rival.connect()
    pulling = await rival.pulling(theirs)
    quiet = await turns(office, rival, pulling)
    inbox = flooding.new_inbox()
    answers = []

    async def note(message):
        answers.append((message.headers or {}).get("Status"))

    await flooding.subscribe(inbox, cb=note)
    subject = f"{PULL}.{mine.user.durable}"

    enough = asyncio.Event()

    async def flood():
        sent = 0
        while sent < 10_000 or not enough.is_set():
            sent += 100
            for _ in range(100):
                await flooding.publish(subject, b'{"batch":1,"expires":30000000000}', reply=inbox)
            await asyncio.sleep(0.005)

    task = asyncio.create_task(flood())
    loud = await turns(office, rival, pulling)
    enough.set()
    await task
    await flooding.flush()
    assert "409" in answers, "more pulls than it may have open are refused"
    assert (await office.consumer(mine.user)).num_waiting <= 8
    assert loud < max(quiet * 50, 3), f"{quiet * 1000:.1f} ms became {loud * 1000:.1f} ms"
    await flooding.close()
    await theirs.close()


async def turns(office, partner, pulling):
    """The longest of ten times from telling an event to its arrival."""
    slowest = 0.0
    for _ in range(10):
        began = time.perf_counter()
        await office.tell(partner.user.tenant_id)
        [event] = await pulling.fetch(1, timeout=20)
        slowest = max(slowest, time.perf_counter() - began)
        await event.ack()
    return slowest


async def test_a_partner_hears_all_again_at_its_own_wish(office, partners):
    mine, _ = partners
    await office.tell(mine.user.tenant_id, 4)
    client = await mine.connect()
    pulling = await mine.pulling(client)
    first = await pulling.fetch(4, timeout=20)
    for event in first:
        await event.ack_sync()
    answer = await client.request(f"$JS.API.CONSUMER.RESET.deals.{mine.user.durable}", b'{"seq":1}', timeout=20)
    assert b'"error"' not in answer.data
    again = await pulling.fetch(4, timeout=20)
    assert [event.headers["ce-id"] for event in again] == [event.headers["ce-id"] for event in first]
    await client.close()


async def test_what_is_told_is_kept_for_seven_days(office):
    config = (await office.client.jetstream().stream_info(STREAM.name)).config
    assert (config.max_age, config.deny_delete, config.deny_purge) == (7 * 86400, True, True)
