"""The rules of the chart, as they are or with all their times shortened."""

import re
from pathlib import Path

RULES = Path(__file__).resolve().parents[2] / "helm" / "dealtrail" / "files" / "rules"
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
WINDOW = re.compile(r"\[(\d+)([smhd])\]")
PENDING = re.compile(r"^(\s+for: )(\d+)([smhd])$", re.MULTILINE)


def files() -> list[Path]:
    """Every rule file."""
    return sorted(RULES.glob("*.yaml"))


def hurried(text: str, by: int) -> str:
    """A rule file in which every window and every patience is `by` times as short: minutes become seconds by 60."""
    windowed = WINDOW.sub(lambda found: f"[{_shortened(found[1], found[2], by)}]", text)
    return PENDING.sub(lambda found: found[1] + _shortened(found[2], found[3], by), windowed)


def _shortened(number: str, unit: str, by: int) -> str:
    return f"{int(number) * UNITS_S[unit] * 1000 // by}ms"
