"""A minute of faults, the same each time, while people sell: what was acknowledged stands, once, and is told.

`make chaos ONLY=mix` and CHAOS_SEED=… choose others.
"""

import os

from tests.chaos import evidence
from tests.chaos.matrix import CELLS
from tests.chaos.report import write
from tests.chaos.run import run_cell
from tests.chaos.town import Arena

SEED = int(os.environ.get("CHAOS_SEED") or 20261123)


async def test_a_minute_of_faults_loses_nothing(tmp_path):
    [mix] = [cell for cell in CELLS if cell.name == "mix"]
    arena, good = Arena(tmp_path / "arena"), False
    try:
        await arena.open()
        result = await run_cell(arena, mix, SEED)
        good = result.good
    finally:
        await arena.close()
        if not good:
            print(f"all logs: {evidence.keep(arena.folder, f'logs-{SEED}')}")
    report = write([result], SEED)
    print(f"seed {SEED}; {report}", *result.logged, sep="\n")
    assert result.wrong == [], f"CHAOS_SEED={SEED}, faults: {result.kills}"
    assert result.acknowledged > 20
