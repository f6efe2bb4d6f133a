"""One cell run: people work, one thing breaks and is mended, and then the books are held against the log."""

import asyncio
import random
import time
import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.chaos import evidence
from tests.chaos.load import Log, Writer
from tests.chaos.matrix import Cell
from tests.chaos.order import misplaced
from tests.chaos.town import Arena
from tests.chaos.verdict import findings, judged, quiet

WRITERS = 4
FINISH_S = 150


@dataclass
class Result:
    """What became of one cell."""

    cell: str
    seed: int
    kills: list[str] = field(default_factory=list)
    acknowledged: int = 0
    retried: dict[str, int] = field(default_factory=dict)
    longest_gap_s: float = 0.0
    settled_s: float = 0.0
    compared: int = 0
    repairs: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    """What the processes wrote of answers that nobody should get."""
    seconds: float = 0.0
    skipped: str = ""

    @property
    def good(self) -> bool:
        """It ran, and nothing was wrong."""
        return not self.wrong and not self.skipped


def score(results: list[Result]) -> str:
    """How many were good of all, and how many did not run."""
    skipped = sum(bool(one.skipped) for one in results)
    return f"{sum(one.good for one in results)} of {len(results)} cells good" + f", {skipped} skipped" * bool(skipped)


async def run_cell(arena: Arena, cell: Cell, seed: int) -> Result:
    """Run it; whatever goes wrong stands in the result."""
    result = Result(cell.name, seed)
    if cell.needs_disk and arena.machine.disk is None:
        result.skipped = "needs root and loop devices"
        return result
    began = time.monotonic()
    arena.kills.clear()
    arena.mend()
    log = Log()
    try:
        await _run(arena, cell, random.Random(f"{seed} {cell.name}"), log, result)
    except Exception:
        result.wrong.append(traceback.format_exc())
    result.logged = [line for one in log.refused for line in evidence.of(one, arena.stack.log)]
    result.kills = list(arena.kills)
    result.acknowledged, result.retried = log.acknowledged, dict(log.retried)
    result.longest_gap_s = round(log.longest_gap_s, 2)
    result.seconds = round(time.monotonic() - began, 1)
    return result


async def _run(arena: Arena, cell: Cell, rng: random.Random, log: Log, result: Result) -> None:
    began = datetime.now(UTC)
    arena.company = await arena.town.company("chaos")
    people = (arena.company.rep, arena.company.colleague)
    stop = asyncio.Event()
    work = [
        Writer(people[number % 2], arena.company.manager, log, random.Random(rng.random())).work(stop)
        for number in range(WRITERS)
    ]
    writers = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.sleep(1.5)
        await cell.breaks(arena, rng, cell.seconds)
        await arena.ready()
        await asyncio.sleep(2)
    finally:
        stop.set()
        _, late = await asyncio.wait(writers, timeout=FINISH_S)
        for writer in late:
            writer.cancel()
            result.wrong.append("I3: a command found no definite answer")
    result.settled_s = round(await quiet(arena), 1)
    report = await _reconciled(arena, cell, result)
    result.compared = sum(report["compared"].values())
    result.wrong += findings(report)
    result.wrong += await judged(arena, log)
    if not cell.loses:
        result.wrong += await misplaced(arena, began)
    if cell.back_s and log.longest_gap_s > cell.back_s:
        result.wrong.append(f"I20: nothing was acknowledged for {log.longest_gap_s:.1f} s")


async def _reconciled(arena: Arena, cell: Cell, result: Result) -> dict[str, Any]:
    # What is to be found does not go away; what is on its way may take its time.
    report = await arena.reconcile(repair=cell.loses, patience_s=15 if cell.loses else 60)
    result.repairs = report["repairs"]
    return report
