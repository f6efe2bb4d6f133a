"""`make chaos`: the whole matrix, or the cells that are named; ends in chaos-report/report.md.

python -m tests.chaos [--seed N] [CELL...]
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.matrix import CELLS, Cell
from tests.chaos.report import write
from tests.chaos.run import Result, run_cell, score
from tests.chaos.town import Arena

SHOWN = 8


async def main(cells: list[Cell], seed: int) -> list[Result]:
    """Run the cells one after the other, each with a company of its own; they share a Dealtrail while it stands."""
    results: list[Result] = []
    folders = iter(range(len(cells) + 1))
    arena = None
    base = Path(tempfile.mkdtemp(prefix="dealtrail-chaos-"))
    try:
        for cell in cells:
            if arena is None:
                arena = Arena(base / str(next(folders)))
                await arena.open()
            result = await run_cell(arena, cell, seed)
            results.append(result)
            _show(result)
            write(results, seed)
            if result.wrong:
                # The next cell must not inherit what this one left.
                await arena.close()
                arena = None
    finally:
        if arena is not None:
            await arena.close()
    if not any(one.wrong for one in results):
        shutil.rmtree(base, ignore_errors=True)
    else:
        print(f"the logs of all processes stay in {base}", flush=True)
    return results


def _show(result: Result) -> None:
    word = "skipped" if result.skipped else "good" if result.good else "WRONG"
    tail = f"settled in {result.settled_s} s, {len(result.repairs)} repairs, {result.seconds} s"
    print(
        f"{result.cell}: {word}; {result.acknowledged} acknowledged, {sum(result.retried.values())} retries, "
        f"longest gap {result.longest_gap_s} s, {tail}",
        flush=True,
    )
    for line in (*result.kills, *result.repairs, *result.wrong[:SHOWN], *result.logged):
        print(f"    {line[:500]}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("cells", nargs="*", help=", ".join(cell.name for cell in CELLS))
    given = parser.parse_args()
    chosen = [cell for cell in CELLS if not given.cells or cell.name in given.cells]
    if unknown := set(given.cells) - {cell.name for cell in CELLS}:
        sys.exit(f"no such cell: {', '.join(sorted(unknown))}")
    print(f"seed {given.seed}", flush=True)
    done = asyncio.run(main(chosen, given.seed))
    print(f"seed {given.seed}: {score(done)}; {write(done, given.seed)}")
    sys.exit(any(one.wrong for one in done))
