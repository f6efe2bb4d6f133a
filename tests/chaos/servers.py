"""Faults of NATS and PostgreSQL: killed, away, frozen, without power, without room, without what they kept."""

import asyncio
import os
import random
import signal
from pathlib import Path

import nats
from nats.js.errors import NotFoundError

from tests.chaos.town import Arena


async def nats_killed(arena: Arena, rng: random.Random, seconds: float) -> None:
    """SIGKILL, back within a second."""
    for _ in range(4):
        await asyncio.sleep(seconds / 4)
        arena.note("SIGKILL nats-server")
        arena.machine.nats.kill()
        await asyncio.sleep(rng.random())
        await arena.machine.nats.start()


async def nats_down(arena: Arena, rng: random.Random, seconds: float) -> None:
    """Away for long; writes go on into the outbox."""
    arena.note(f"nats-server down for {seconds} s")
    arena.machine.nats.kill()
    await asyncio.sleep(seconds)
    await arena.machine.nats.start()


async def power_cut(arena: Arena, rng: random.Random, seconds: float) -> None:
    """NATS and PostgreSQL at once, on what had reached the disk."""
    await asyncio.sleep(seconds * rng.uniform(0.4, 0.6))
    arena.note("power cut of NATS and PostgreSQL")
    await arena.machine.power_cut()
    await asyncio.sleep(seconds / 2)


async def store_wiped(arena: Arena, rng: random.Random, seconds: float) -> None:
    """All streams are gone, with events that nobody had read."""
    await asyncio.sleep(seconds / 2)
    for name in ("timeline", "analytics"):
        arena.kill(name)  # so that there are such
    await asyncio.sleep(0.5)
    arena.note("NATS store wiped")
    await arena.machine.wipe_streams()
    await asyncio.sleep(seconds / 2)


async def stream_deleted(arena: Arena, rng: random.Random, seconds: float) -> None:
    """On the live server."""
    await asyncio.sleep(seconds / 2)
    client = await nats.connect(arena.stack.nats())
    for stream in ("leads", "contracts"):
        arena.note(f"stream {stream} deleted")
        await client.jetstream().delete_stream(stream)
    await client.close()
    await asyncio.sleep(seconds / 2)


async def durable_deleted(arena: Arena, rng: random.Random, seconds: float) -> None:
    """On the live server: the consumer begins from the oldest event, and the inbox knows them."""
    await asyncio.sleep(seconds / 3)
    client = await nats.connect(arena.stack.nats())
    for stream in ("leads", "opportunities", "contracts"):
        for name in ("timeline", "analytics"):
            arena.note(f"durable {name} of {stream} deleted")
            try:
                await client.jetstream().delete_consumer(stream, name)
            except NotFoundError:
                arena.note("(was not there)")
    await client.close()
    await asyncio.sleep(seconds * 2 / 3)


async def backend_killed(arena: Arena, rng: random.Random, seconds: float) -> None:
    """One backend by SIGKILL: PostgreSQL starts all of itself again."""
    killed = 0
    for _ in range(3):
        await asyncio.sleep(seconds / 3)
        rows = await arena.query("leads", "SELECT pid FROM pg_stat_activity WHERE usename = 'dealtrail_app'")
        pids = {row[0] for row in rows}
        inner = [pid for pid in arena.machine.postgres.pids if _inner(pid) in pids]
        if inner:
            arena.note("SIGKILL one backend of PostgreSQL")
            os.kill(rng.choice(inner), signal.SIGKILL)
            killed += 1
    assert killed, "no backend was there to be killed"


def _inner(pid: int) -> int:
    """The process id as the process itself knows it, in whatever namespace."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        line = next(line for line in lines if line.startswith("NSpid:"))
    except (OSError, StopIteration):
        return 0
    return int(line.split()[-1])


async def postmaster_killed(arena: Arena, rng: random.Random, seconds: float) -> None:
    """PostgreSQL with all its backends by SIGKILL, then an immediate shutdown, then one in order."""
    await asyncio.sleep(seconds / 3)
    arena.note("SIGKILL postmaster and backends")
    arena.machine.postgres.kill()
    await arena.machine.postgres.start()
    await asyncio.sleep(seconds / 3)
    for word, number in (("immediate", signal.SIGQUIT), ("fast", signal.SIGINT)):
        arena.note(f"{word} shutdown of PostgreSQL")
        await arena.machine.postgres.end(number)
        await arena.machine.postgres.start()
        await asyncio.sleep(seconds / 3)


async def disk_full(arena: Arena, rng: random.Random, seconds: float) -> None:
    """PostgreSQL and NATS have no room; then they have again."""
    assert arena.machine.disk
    await asyncio.sleep(seconds / 4)
    arena.note("disk full")
    ballast = await asyncio.to_thread(arena.machine.disk.fill)
    await asyncio.sleep(seconds / 2)
    ballast.unlink()
    for host in (arena.machine.postgres, arena.machine.nats):
        if not host.running:
            arena.note(f"{host.server.program().name} had ended")
            await host.start()
    # A stream that could not be written stays closed until its server starts anew.
    arena.note("nats-server started anew")
    arena.machine.nats.kill()
    await arena.machine.nats.start()
    await asyncio.sleep(seconds / 4)


async def frozen(name: str, arena: Arena, rng: random.Random, seconds: float) -> None:
    """SIGSTOP for a while: neither dead nor alive."""
    await asyncio.sleep(seconds / 4)
    servers = {"postgres": arena.machine.postgres, "nats": arena.machine.nats}
    arena.note(f"SIGSTOP {name} for {seconds / 2:g} s")
    if name in servers:
        servers[name].tell(signal.SIGSTOP)
    else:
        arena.stack.signal(name, signal.SIGSTOP)
    await asyncio.sleep(seconds / 2)
    if name in servers:
        servers[name].tell(signal.SIGCONT)
    else:
        arena.stack.signal(name, signal.SIGCONT)
    await asyncio.sleep(seconds / 4)
