"""Faults of events and of what applies them; and a schema that changes meanwhile."""

import asyncio
import random

import asyncpg
import nats
from dealtrail.leads.v1 import events_pb2, leads_pb2

from services.kit.ids import new_id
from tests.chaos.town import Arena

DEAD = "SELECT count(*) FROM dead_letters"
UNREADABLE = (
    {},
    {"ce-type": "dealtrail.leads.v1.LeadCaptured", "ce-id": "not an id"},
    {"ce-type": "dealtrail.leads.v1.NobodyKnows", "ce-id": "00000000-0000-0000-0000-000000000001"},
)


async def poison(arena: Arena, rng: random.Random, seconds: float) -> None:
    """Bytes that are no events, and an event that no handler can apply: set aside, and the others flow on."""
    await asyncio.sleep(seconds / 3)
    [(before,)] = await arena.query("analytics", DEAD)
    client = await nats.connect(arena.stack.nats())
    subject = f"dealtrail.leads.v1.LeadCaptured.{new_id()}.{new_id()}"
    for headers in UNREADABLE:
        await client.jetstream().publish(subject, rng.randbytes(500), headers=headers or None)
    forged = events_pb2.LeadCaptured(lead=leads_pb2.Lead(id="no id", owner_id="nobody"))
    await client.jetstream().publish(subject, forged.SerializeToString(), headers=_headers())
    await client.close()
    arena.note("three messages that are no events, one event that cannot be applied")
    await asyncio.sleep(seconds * 2 / 3)
    for _ in range(40):
        [(now,)] = await arena.query("analytics", DEAD)
        if now > before:
            return
        await asyncio.sleep(0.5)
    raise AssertionError("the poisoned event was not set aside")


def _headers() -> dict[str, str]:
    nobody, moment = str(new_id()), "2026-11-01T00:00:00+00:00"
    return {
        "ce-id": str(new_id()),
        "ce-type": "dealtrail.leads.v1.LeadCaptured",
        "ce-tenant": nobody,
        "ce-actor": nobody,
        "ce-subject": nobody,
        "ce-version": "1",
        "ce-time": moment,
        "ce-recordedtime": moment,
    }


async def bug(arena: Arena, rng: random.Random, seconds: float) -> None:
    """Handlers fail on one event in a hundred: those are set aside, to be replayed once the bug is mended."""
    file = arena.fault("one-percent")
    await asyncio.sleep(seconds)
    for _ in range(40):
        [(dead,)] = await arena.query("timeline", DEAD)
        if dead:
            break
        await asyncio.sleep(0.5)
    assert dead, "no event was set aside"
    arena.note(f"{dead} events set aside in the timeline, until the bug is mended")
    file.unlink()


async def slow_handler(arena: Arena, rng: random.Random, seconds: float) -> None:
    """One transaction takes longer than its time, which is less than the stream waits for an acknowledgement."""
    fault = arena.fault("once-slow", "40")
    await arena.taken(fault)
    await asyncio.sleep(seconds)


async def migration(arena: Arena, rng: random.Random, seconds: float) -> None:
    """A column and an index come and go under load, as migrations make them."""
    steps = (
        ("leads", "ALTER TABLE leads ADD COLUMN chaos text"),
        ("leads", "CREATE INDEX CONCURRENTLY leads_chaos ON leads (tenant_id, chaos)"),
        ("timeline", "ALTER TABLE entries ADD COLUMN chaos text"),
        ("contracts", "ALTER TABLE receipts ADD COLUMN chaos text"),
        ("leads", "DROP INDEX CONCURRENTLY leads_chaos"),
        ("leads", "ALTER TABLE leads DROP COLUMN chaos"),
        ("timeline", "ALTER TABLE entries DROP COLUMN chaos"),
        ("contracts", "ALTER TABLE receipts DROP COLUMN chaos"),
    )
    for service, statement in steps:
        await asyncio.sleep(seconds / len(steps))
        arena.note(f"{service}: {statement}")
        await _migrate(arena, service, statement)


async def _migrate(arena: Arena, service: str, statement: str) -> None:
    """With the lock timeout that migrations have, until it is done."""
    connection = await asyncpg.connect(arena.stack.superuser(service))
    try:
        while True:
            try:
                await connection.execute("SET lock_timeout = '2s'")
                await connection.execute(statement)
            except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
                arena.note("(lock not available; once more)")
            else:
                return
    finally:
        await connection.close()
