"""Faults of our own processes: killed, at the worst moments too, started twice or anew, told a wrong time."""

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

from tests.chaos.town import PROCESSES, SERVICES, Arena

BACK_S = 10
SKEW = """SELECT extract(epoch FROM (headers->>'ce-recordedtime')::timestamptz - created_at)
FROM outbox ORDER BY id DESC LIMIT 1"""


async def killed(name: str, arena: Arena, rng: random.Random, seconds: float) -> None:
    """SIGKILL; I20: it is back within ten seconds. Then again and again, as the supervisor takes longer pauses."""
    end = asyncio.get_running_loop().time() + seconds
    arena.kill(name)
    await asyncio.sleep(0.3)
    back_s = await arena.ready()
    arena.note(f"back after {back_s + 0.3:.1f} s")
    assert back_s < BACK_S, f"I20: {name} was away for {back_s:.1f} s"
    while asyncio.get_running_loop().time() < end:
        await asyncio.sleep(rng.uniform(1, 4))
        arena.kill(name)


async def relay_killed(arena: Arena, rng: random.Random, seconds: float) -> None:
    """Between publishing and marking, whoever relays next."""
    for _ in range(4):
        arena.fault("once-published")
        await asyncio.sleep(seconds / 4)


async def consumer_killed(arena: Arena, rng: random.Random, seconds: float) -> None:
    """Between commit and acknowledgement, whoever consumes next."""
    for _ in range(4):
        arena.fault("once-applied")
        await asyncio.sleep(seconds / 4)


async def rolling_restart(arena: Arena, rng: random.Random, seconds: float) -> None:
    """SIGTERM, one process after the other."""
    for name in PROCESSES:
        arena.kill(name, signal.SIGTERM)
        await asyncio.sleep(1)
        await arena.ready()


async def out_of_memory(arena: Arena, rng: random.Random, seconds: float) -> None:
    """What the kernel does to the largest."""
    for _ in range(3):
        await asyncio.sleep(seconds / 3)
        pids = {name: arena.stack.pid(name) for name in PROCESSES}
        largest = max((name for name in pids if pids[name]), key=lambda name: _resident(pids[name]))
        arena.kill(largest)


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0


async def clock_wrong(arena: Arena, rng: random.Random, seconds: float) -> None:
    """Ten minutes ahead in one service, ten behind in another, to the end of the cell."""
    ahead, behind = rng.sample(SERVICES[:3], 2)
    arena.fault(f"clock-{ahead}", "600")
    arena.fault(f"clock-{behind}", "-600")
    await asyncio.sleep(seconds)
    for name, wrong_s in ((ahead, 600), (behind, -600)):
        [(found_s,)] = await arena.query(name, SKEW)
        arena.note(f"{name} dates its last event {float(found_s):+.0f} s")
        assert abs(float(found_s) - wrong_s) < 60, f"the clock of {name} was not set wrong: {found_s} s"


async def started_twice(arena: Arena, rng: random.Random, seconds: float) -> None:
    """A second process of each service, with a relay and readers of its own, in two partitions; the first ones die."""
    seconds /= 3
    arena.note("second processes of " + ", ".join(SERVICES))
    others = [_second(arena, name) for name in SERVICES]
    try:
        await asyncio.sleep(seconds)
        for name in SERVICES:
            arena.kill(name)
        await asyncio.sleep(seconds)
    finally:
        for process in others:
            process.kill()
            process.wait()
    arena.note("second processes killed")
    await asyncio.sleep(seconds)


def _second(arena: Arena, name: str) -> "subprocess.Popen[bytes]":
    entries = Path(f"/proc/{arena.stack.pid(name)}/environ").read_bytes().decode().split("\0")
    told = dict(entry.partition("=")[::2] for entry in entries if entry)
    own = {"DEALTRAIL_LISTEN": "127.0.0.1:0", "DEALTRAIL_METRICS_PORT": "0", "DEALTRAIL_CONSUMER_PARTITIONS": "2"}
    with (arena.folder / "second.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", f"services.{name}"], env=told | own, stdout=log, stderr=log)
