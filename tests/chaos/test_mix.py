"""A minute of faults chosen by a seed, while people sell: what was acknowledged stands, once, and is told."""

import os

from tests.chaos import evidence
from tests.chaos.matrix import CELLS
from tests.chaos.report import write
from tests.chaos.run import run_cell
from tests.chaos.town import Arena

SEED = int(os.environ.get("CHAOS_SEED") or int.from_bytes(os.urandom(4)))


async def test_a_minute_of_faults_loses_nothing(tmp_path):
    [mix] = [cell for cell in CELLS if cell.name == "mix"]
    arena = Arena(tmp_path / "arena")
    try:
        await arena.open()
        result = await run_cell(arena, mix, SEED)
    finally:
        await arena.close()
    report = write([result], SEED)
    print(f"seed {SEED}; {report}")
    if result.wrong:
        print("\n".join(result.logged), f"all logs: {evidence.keep(arena.folder, f'logs-{SEED}')}", sep="\n")
    assert result.wrong == [], f"CHAOS_SEED={SEED}, faults: {result.kills}"
    assert result.acknowledged > 50
