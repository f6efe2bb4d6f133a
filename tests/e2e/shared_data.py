"""Real input that may not be published, kept beside the repository: tests that need it are skipped where it is not."""

import csv
import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("DEALTRAIL_SHARED", Path(__file__).resolve().parents[3] / "shared"))


def file(folder: str, name: str) -> Path:
    """A file of a data set."""
    found = SHARED / "data" / folder / name
    if not found.exists():
        pytest.skip(f"no {folder}: DEALTRAIL_SHARED names the folder that has data/{folder}/{name}")
    return found


def rows(path: Path) -> list[dict[str, str]]:
    """Its rows."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
