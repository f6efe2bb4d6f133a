"""What the runs of the matrix found, for people and for machines."""

import json
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.evidence import FOLDER
from tests.chaos.run import Result, score


def write(results: list[Result], seed: int) -> Path:
    """Write report.md and report.json; where the former is."""
    FOLDER.mkdir(exist_ok=True)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    told = {"seed": seed, "when": when, "machine": platform.platform(), "cells": [asdict(one) for one in results]}
    (FOLDER / "report.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    rows = [
        f"| {one.cell} | {_word(one)} | {one.acknowledged} | {sum(one.retried.values())} | {one.longest_gap_s:.1f} "
        f"| {one.settled_s:.1f} | {one.compared} | {len(one.repairs)} | {len(one.kills)} |"
        for one in results
    ]
    text = [
        "# Faults under load",
        "",
        f"{when}, seed {seed}: {score(results)}. `make chaos SEED={seed}` runs the same choices.",
        "",
        "| cell | verdict | acknowledged | retries | longest gap s | settled s | rows compared | repairs | faults |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        *(line for one in results for line in _details(one)),
    ]
    path = FOLDER / "report.md"
    path.write_text("\n".join(text) + "\n")
    return path


def _word(one: Result) -> str:
    return f"skipped: {one.skipped}" if one.skipped else "good" if one.good else "**WRONG**"


def _details(one: Result) -> list[str]:
    retried = ", ".join(f"{count} × {outcome}" for outcome, count in one.retried.items())
    return [
        f"## {one.cell}",
        "",
        *(f"- WRONG: {line}" for line in one.wrong),
        *(f"      {line}" for line in one.logged),
        *(f"- repaired: {line}" for line in one.repairs),
        f"- faults: {'; '.join(one.kills) or 'none'}",
        f"- retried: {retried or 'nothing'}",
        "",
    ]
