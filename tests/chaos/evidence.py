"""What the processes wrote of an answer that nobody should get, and all their logs: kept where a run found a fault."""

import re
import shutil
from itertools import islice
from pathlib import Path

FOLDER = Path("chaos-report")
TRACE = re.compile(r'"traceId":"([0-9a-f]{32})"')
LINE = re.compile(r"[0-9:]{8} (\S+)")
FOLLOWING = 80
"""Lines of the same process after one that names the trace, which hold the exception."""


def of(answer: str, log: Path) -> list[str]:
    """The lines of `log` that speak of the trace that a problem document names, with what their process wrote next."""
    found = TRACE.search(answer)
    if found is None:
        return []
    lines = log.read_text(errors="replace").splitlines()
    told: dict[int, str] = {}
    for number, line in enumerate(lines):
        if found[1] in line and (head := LINE.match(line)):
            rest = ((i, one) for i, one in enumerate(lines[number:], number) if _process(one) == head[1])
            told |= islice(rest, FOLLOWING)
    return [told[number] for number in sorted(told)]


def keep(folder: Path, name: str) -> Path:
    """Copy all logs below the folder to the report's; where they are."""
    kept = FOLDER / name
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for log in folder.rglob("*.log"):
        shutil.copy(log, kept / f"{log.parent.name}-{log.name}")
    return kept


def _process(line: str) -> str:
    head = LINE.match(line)
    return head[1] if head else ""
