"""Faults of the network between our processes and the servers."""

import asyncio
import random

from tests.chaos.town import Arena


async def swallowed(which: str, arena: Arena, rng: random.Random, seconds: float) -> None:
    """A blackhole; afterwards what was held arrives late, and connections are reset."""
    wire = arena.to_postgres if which == "postgres" else arena.to_nats
    await asyncio.sleep(seconds / 4)
    arena.note(f"nothing reaches {which} for {seconds / 2:g} s")
    wire.swallow()
    await asyncio.sleep(seconds / 2)
    wire.cut(0.5, rng)
    wire.mend()
    await asyncio.sleep(seconds / 4)


async def reset(arena: Arena, rng: random.Random, seconds: float) -> None:
    """Connections to both servers are reset, some at a time."""
    for _ in range(8):
        await asyncio.sleep(seconds / 8)
        arena.note("half of the connections reset")
        arena.to_postgres.cut(0.5, rng)
        arena.to_nats.cut(0.5, rng)


async def slow(arena: Arena, rng: random.Random, seconds: float) -> None:
    """Every piece is late, and pieces are small."""
    arena.note("50 ms and at most 512 bytes a piece")
    arena.to_postgres.slow(0.05, 512)
    arena.to_nats.slow(0.05, 512)
    await asyncio.sleep(seconds)
    arena.to_postgres.mend()
    arena.to_nats.mend()
