"""What a part of the fuzz tried, what it was answered, and what was wrong; together as one report."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LEAK = re.compile(
    r"""Traceback|File\ "|\.py\b|<class|\bat\ 0x[0-9a-f]+|\b[A-Z][A-Za-z]*(?:Error|Exception)\b
    |\b(?:asyncpg|sqlalchemy|uvicorn|starlette|httptools|protobuf|pydantic|orjson|calamine|openpyxl|upb)\b
    |\bSELECT\s.+\bFROM\b|\bINSERT\s+INTO\b|\bUPDATE\s\w+\sSET\b|\brelation\s"|duplicate\ key\ value
    |/(?:usr|home|root|tmp|opt|work|srv)/|127\.0\.0\.1:\d+""",
    re.VERBOSE | re.IGNORECASE,
)
"""What speaks of the inside: names of classes and libraries, SQL, paths, addresses, stack traces."""
EXAMPLES = 5
"""Of one kind that a report shows."""


def leaks(text: str) -> str:
    """What a text tells of the inside; "" if nothing."""
    found = LEAK.search(text)
    return found[0] if found else ""


@dataclass
class Outcome:
    """One part of a run."""

    name: str
    cases: Counter[str] = field(default_factory=Counter)
    """How many were tried, by kind."""
    answers: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    excused: Counter[str] = field(default_factory=Counter)
    """What a check complained of without being right, by the reason why."""
    figures: dict[str, float] = field(default_factory=dict)

    def tried(self, kind: str, answer: str, wrong: str = "") -> None:
        """Count one try; `wrong` says what should not have happened."""
        self.cases[kind] += 1
        self.answers[answer] += 1
        if wrong:
            self.findings.append(f"{kind}: {wrong}")


def markdown(seed: int, outcomes: Iterable[Outcome]) -> str:
    """The report for people."""
    parts = list(outcomes)
    cases = sum(one.cases.total() for one in parts)
    wrong = sum(len(one.findings) for one in parts)
    lines = [
        f"# Fuzz: {cases:,} cases, {wrong} findings",
        "",
        f"Seed {seed}: `make fuzz SEED={seed}` tries the same.",
        "",
    ]
    for one in parts:
        lines += [f"## {one.name}: {one.cases.total():,} cases, {len(one.findings)} findings", ""]
        lines += _table("tried", one.cases) + _table("answered", one.answers) + _table("figure", one.figures)
        lines += _table("excused, because", one.excused)
        if one.findings:
            lines += ["Findings:", "", *(f"- {text}" for text in _fewer(one.findings)), ""]
    return "\n".join(lines)


def _table(title: str, rows: Mapping[str, float]) -> list[str]:
    if not rows:
        return []
    body = [f"| {name} | {value:,g} |" for name, value in sorted(rows.items(), key=lambda row: (-row[1], row[0]))]
    return [f"| {title} | |", "|---|---:|", *body, ""]


def _fewer(findings: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    shown = []
    for text in findings:
        kind = text.partition(": ")[0]
        seen[kind] += 1
        if seen[kind] <= EXAMPLES:
            shown.append(text.replace("\n", " ")[:600])
    more = [f"{kind}: {count - EXAMPLES} more" for kind, count in seen.items() if count > EXAMPLES]
    return shown + more


def write(seed: int, outcomes: Iterable[Outcome], folder: Path) -> None:
    """report.md and report.json in the folder."""
    parts = list(outcomes)
    folder.mkdir(exist_ok=True)
    (folder / "report.md").write_text(markdown(seed, parts) + "\n")
    told = {"seed": seed, "parts": [vars(one) for one in parts]}
    (folder / "report.json").write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
