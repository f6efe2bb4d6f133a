"""All cells of the matrix, by name; and the mix of them that every change must stand."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from tests.chaos import events, processes, servers, wires
from tests.chaos.town import PROCESSES, Arena

Break = Callable[[Arena, random.Random, float], Awaitable[None]]
BACK_S = 30
"""The longest that nobody is served after a kill, on a machine that does other things too."""


@dataclass(frozen=True)
class Cell:
    """One row of the fault matrix. `loses`: the reconciler is expected to find something, and to repair it."""

    name: str
    breaks: Break
    seconds: float = 20
    loses: bool = False
    needs_disk: bool = False
    back_s: float = 0.0
    """Within how many seconds commands are acknowledged again (I20); 0 where the fault itself lasts."""


async def mixed(arena: Arena, rng: random.Random, seconds: float) -> None:
    """One fault after the other, chosen by the seed."""
    end = asyncio.get_running_loop().time() + seconds
    while (left := end - asyncio.get_running_loop().time()) > 3:
        fault = rng.choice(MIXED)
        await fault(arena, rng, min(left, rng.uniform(3, 8)))


async def killed_at_random(arena: Arena, rng: random.Random, seconds: float) -> None:
    """Any process of ours."""
    arena.kill(rng.choice(PROCESSES))
    await asyncio.sleep(seconds)


MIXED: tuple[Break, ...] = (
    killed_at_random,
    killed_at_random,
    killed_at_random,
    processes.relay_killed,
    processes.consumer_killed,
    servers.nats_killed,
    servers.backend_killed,
    servers.durable_deleted,
    partial(servers.frozen, "nats"),
    partial(servers.frozen, "postgres"),
    partial(wires.swallowed, "postgres"),
    partial(wires.swallowed, "nats"),
    wires.reset,
)
CELLS = (
    *(Cell(f"{name}-killed", partial(processes.killed, name), back_s=BACK_S) for name in PROCESSES),
    Cell("relay-killed-before-mark", processes.relay_killed, back_s=BACK_S),
    Cell("relay-killed-amid-wave", processes.relay_killed_amid, back_s=BACK_S),
    Cell("consumer-killed-before-ack", processes.consumer_killed, back_s=BACK_S),
    Cell("nats-killed", servers.nats_killed),
    Cell("nats-down", servers.nats_down, 35),
    Cell("power-cut", servers.power_cut, needs_disk=True),
    Cell("store-wiped", servers.store_wiped, loses=True),
    Cell("stream-deleted", servers.stream_deleted, loses=True),
    Cell("durable-deleted", servers.durable_deleted),
    Cell("backend-killed", servers.backend_killed, back_s=BACK_S),
    Cell("postmaster-killed", servers.postmaster_killed, back_s=BACK_S),
    Cell("disk-full", servers.disk_full, 24, needs_disk=True),
    *(Cell(f"{name}-frozen", partial(servers.frozen, name), 24) for name in ("postgres", "nats", "leads", "gateway")),
    *(Cell(f"{name}-swallowed", partial(wires.swallowed, name), 24) for name in ("postgres", "nats")),
    Cell("connections-reset", wires.reset, back_s=BACK_S),
    Cell("slow-wire", wires.slow),
    Cell("started-twice", processes.started_twice, 30, back_s=BACK_S),
    Cell("rolling-restart", processes.rolling_restart, 30, back_s=BACK_S),
    Cell("migration", events.migration, back_s=BACK_S),
    Cell("out-of-memory", processes.out_of_memory, back_s=BACK_S),
    Cell("clock-wrong", processes.clock_wrong),
    Cell("poison", events.poison, back_s=BACK_S),
    Cell("bug", events.bug, loses=True),
    Cell("slow-handler", events.slow_handler, 45, loses=True),
    Cell("mix", mixed, 60),
)
