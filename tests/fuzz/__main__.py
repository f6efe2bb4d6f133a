"""`make fuzz`: what nobody should send, sent to every door of a Dealtrail of its own; the report is in fuzz-report/."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from tests.fuzz import calls, events, files, openapi, requests
from tests.fuzz.findings import Outcome, markdown, write
from tests.fuzz.target import Target
from tests.people import town
from tests.stack import Stack

REPORT = Path("fuzz-report")
PARTS: dict[str, tuple[Any, int]] = {
    "calls": (calls, 5),
    "requests": (requests, 5),
    "events": (events, 3),
    "files": (files, 2),
    "openapi": (openapi, 600),
}
"""Each part with how often it tries what is left to chance; for openapi, in how many seconds."""


async def fuzz(stack: Stack, seed: int, chosen: list[str]) -> list[Outcome]:
    """Try the parts, each as a company of its own."""
    found = []
    async with town(stack) as people:
        for name in chosen:
            part, amount = PARTS[name]
            target = await Target.of(stack, await people.company("fuzz"))
            outcome = await part.run(target, Random(f"{seed} {name}"), amount)
            print(f"{outcome.name}: {outcome.cases.total():,} cases, {len(outcome.findings)} findings", flush=True)
            found.append(outcome)
    return found


def main() -> None:
    """Try what is asked for, all by default; exit with 1 if something was found."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("--seed", type=int, default=SystemRandom().getrandbits(32))
    asked.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    given = asked.parse_args()
    chosen = given.only.split(",")
    if unknown := set(chosen) - PARTS.keys():
        asked.error(f"--only: there is no {', '.join(sorted(unknown))}; choose from {','.join(PARTS)}")
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder) / "home", DEALTRAIL_CALLER_RATE="100000", DEALTRAIL_FAILURE_BURST="1000000")
        stack.start()
        try:
            outcomes = asyncio.run(fuzz(stack, given.seed, chosen))
        finally:
            stack.stop()
    write(given.seed, outcomes, REPORT)
    print(markdown(given.seed, outcomes))
    sys.exit(any(one.findings for one in outcomes))


if __name__ == "__main__":
    main()
