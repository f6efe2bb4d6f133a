"""The files of the demo."""

import csv
import io
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


def text(name: str) -> str:
    """A file as it is."""
    return (DATA / f"{name}.csv").read_text()


@cache
def table(name: str) -> list[dict[str, str]]:
    """The rows of a file."""
    return list(csv.DictReader(io.StringIO(text(name))))


def written(rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as a file."""
    listed = list(rows)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(listed[0]))
    writer.writeheader()
    writer.writerows(listed)
    return out.getvalue()
