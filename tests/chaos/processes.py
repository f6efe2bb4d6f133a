"""Faults of our own processes: killed, at the worst moments too, started twice or anew, told a wrong time."""

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

from tests.chaos.load import Log, Writer
from tests.chaos.town import PROCESSES, SERVICES, Arena

BACK_S = 10
IMPORTED = 500
"""Leads in one transaction: one wave of eight batches of the relay."""
IMPORTS = "SELECT count(*) FROM leads WHERE tenant_id = (SELECT tenant_id FROM leads WHERE id::text = $1)"
SKEW = """SELECT extract(epoch FROM (headers->>'ce-recordedtime')::timestamptz - created_at)
FROM outbox WHERE headers ? 'ce-recordedtime' ORDER BY id DESC LIMIT 1"""


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
    await _die_at("once-published", arena, seconds)


async def relay_killed_amid(arena: Arena, rng: random.Random, seconds: float) -> None:
    """While many leads are imported, when a stream has the first of several batches of them: whoever relays next."""
    office, log = await arena.town.company("import"), Log()
    clerk = Writer(office.rep, office.manager, log, rng)
    for number in range(4):
        fault = arena.fault("once-sent")
        names = [f"进口公司 {number}-{one}" for one in range(IMPORTED)]
        leads = [{"company": name, "contactName": "李雷"} for name in names]
        answer = await clerk.insist("/v1/leads:batchCreate", {"leads": leads})
        refused = [one for one in answer["results"] if one["outcome"] != "CREATED"]
        assert not refused, f"I2: {len(refused)} of {len(leads)} were not new, such as {refused[0]}"
        await arena.taken(fault)
        await asyncio.sleep(seconds / 4)
    [(stand,)] = await arena.query("leads", IMPORTS, answer["results"][0]["id"])
    assert stand == 4 * IMPORTED, f"I1: {stand} leads stand of {4 * IMPORTED} that were acknowledged"


async def consumer_killed(arena: Arena, rng: random.Random, seconds: float) -> None:
    """Between commit and acknowledgement, whoever consumes next."""
    await _die_at("once-applied", arena, seconds)


async def _die_at(place: str, arena: Arena, seconds: float) -> None:
    for _ in range(4):
        fault = arena.fault(place)
        await asyncio.sleep(seconds / 4)
    await arena.taken(fault)


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
