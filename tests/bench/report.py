"""What a bench says: each measurement as a ratio to its floor, beside what we aim for."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Measurement:
    """One target of ours. `ratio` is `ours` to `floor` in the same unit; better is up (`at_least`) or down."""

    id: str
    what: str
    unit: str
    ours: float
    floor: float
    floor_is: str
    first: float
    then: float
    at_least: bool = True
    notes: dict[str, float | str] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Ours to the floor."""
        return self.ours / self.floor

    def verdict(self) -> str:
        """How far it reaches."""
        for aim, word in ((self.then, "then"), (self.first, "first")):
            if self.ratio >= aim if self.at_least else self.ratio <= aim:
                return word
        return "missed"


def markdown(found: list[Measurement]) -> str:
    """A table that people read."""
    lines = [
        f"Measured on {os.cpu_count()} processors that client, servers and floor shared; read the ratios.",
        "",
        "| id | what | ours | floor | ratio | first | then | reached |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for m in found:
        sign = "≥" if m.at_least else "≤"
        cells = [m.id, m.what, f"{m.ours:,.2f} {m.unit}", f"{m.floor:,.2f} ({m.floor_is})", f"{m.ratio:.3f}"]
        lines.append("| " + " | ".join([*cells, f"{sign} {m.first:g}", f"{sign} {m.then:g}", m.verdict()]) + " |")
    notes = [f"- {m.id}: " + ", ".join(f"{k} {v}" for k, v in m.notes.items()) for m in found if m.notes]
    return "\n".join([*lines, "", *notes]) + "\n"


def write(found: list[Measurement], folder: Path) -> None:
    """report.md and report.json."""
    folder.mkdir(exist_ok=True)
    (folder / "report.md").write_text(markdown(found))
    rows = [asdict(m) | {"ratio": m.ratio, "reached": m.verdict()} for m in found]
    (folder / "report.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False))
