"""Bombs at the import of files: refused, or carried out to an end, in bounded memory, while the gateway goes on."""

import asyncio
import time
from pathlib import Path
from random import Random
from typing import Any

import httpx

from deploy.local.layout import GATEWAY
from tests.fuzz import bombs
from tests.fuzz.findings import Outcome, leaks
from tests.fuzz.target import Target

MAPPING = '{"columns": {"company": "company"}}'
GROWTH_MB = 250
"""What the gateway may hold more than before: a few copies of a file of 10 MB."""
READER_MB = 1600
"""What the process may hold that reads a workbook; the limit that it sets itself."""
PAUSE_S = 10
"""How long another request may have to wait meanwhile."""
END_S = 90
PART = 0.4
"""Of the bombs, for a short run."""
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


async def run(target: Target, random: Random, rounds: int) -> Outcome:
    """Each bomb `rounds` times, as a dry run; with 0 a part of them, once."""
    outcome = Outcome("Bombs at the import of files")
    await _import(target, outcome, "an honest file", b"company\nhonest\n")
    watch = Watch(target)
    watching = asyncio.create_task(watch.run())
    share = 1.0 if rounds else PART
    for _ in range(rounds or 1):
        for kind, file in (*bombs.workbooks(random), *bombs.tables(random)):
            if random.random() < share:
                await _import(target, outcome, f"file: {kind}", await asyncio.to_thread(file))
        for kind, content_type, content in bombs.bodies(random):
            headers = {"content-type": content_type.decode()}
            answer = await target.company.boss.send_raw("POST", "/v1/imports", content, headers)
            outcome.tried(f"MIME: {kind}", *await _judged(target, answer))
    for kind, mapping in bombs.mappings():
        await _import(target, outcome, f"mapping: {kind}", b"company\nx\n", mapping)
    watching.cancel()
    watch.judge(outcome)
    outcome.findings += [f"harm: {text}" for text in target.harmed()]
    return outcome


async def _import(target: Target, outcome: Outcome, kind: str, content: bytes, mapping: str = MAPPING) -> None:
    form = {"kind": "leads", "mapping": mapping, "dryRun": "true"}
    answer = await target.company.boss.send("/v1/imports", form, {"file": ("bomb", content)})
    outcome.tried(kind, *await _judged(target, answer))


async def _judged(target: Target, answer: httpx.Response) -> tuple[str, str]:
    """What was answered, and what is wrong with it."""
    told = f"{answer.status_code} {answer.json().get('reason', '')}".strip()
    if answer.status_code >= 500 or leaks(answer.text):
        return told, f"{told}: {answer.text[:300]}"
    if answer.status_code != 202:
        return told, ""
    end = time.monotonic() + END_S
    while (operation := await _operation(target, answer.json()["id"]))["state"] not in ENDED:
        if time.monotonic() > end:
            return told, f"has not ended after {END_S} s"
        await asyncio.sleep(0.1)
    problem = operation.get("reason") or ""
    return f"{told} {operation['state']} {problem}".strip(), problem if problem == "INTERNAL" else ""


async def _operation(target: Target, identity: str) -> Any:
    return await target.company.boss.get(f"/v1/operations/{identity}")


class Watch:
    """Looks at the gateway while it works."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._pid = target.stack.pid(GATEWAY)
        self._first = target.rss_mb(GATEWAY)
        self._most = self._first
        self._reader = 0.0
        self._pause = 0.0

    async def run(self) -> None:
        """Until cancelled: ask something small, and see how long it takes and what is held."""
        async with httpx.AsyncClient(base_url=self._target.stack.url, trust_env=False, timeout=30) as client:
            while True:
                began = time.monotonic()
                await client.get("/healthz")
                self._pause = max(self._pause, time.monotonic() - began)
                self._most = max(self._most, self._target.rss_mb(GATEWAY))
                self._reader = max(self._reader, _children_mb(self._pid))
                await asyncio.sleep(0.05)

    def judge(self, outcome: Outcome) -> None:
        """Say what was seen, and what of it is too much."""
        growth = self._most - self._first
        outcome.figures |= {
            "MB that the gateway held more": round(growth, 1),
            "MB of the largest reader of workbooks": round(self._reader, 1),
            "ms that another request waited at most": round(1000 * self._pause, 1),
        }
        if growth > GROWTH_MB:
            outcome.findings.append(f"memory: the gateway grew by {growth:.0f} MB")
        if self._reader > READER_MB:
            outcome.findings.append(f"memory: a reader held {self._reader:.0f} MB")
        if self._pause > PAUSE_S:
            outcome.findings.append(f"pause: another request waited {self._pause:.1f} s")


def _children_mb(pid: int) -> float:
    """What the largest child of the process holds."""
    most = 0.0
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
            pages = [int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in children]
        except (OSError, IndexError):
            continue
        most = max([most, *(page * 4096 / (1 << 20) for page in pages)])
    return most
