"""How long after its commit a partner hears of a change: `python -m tests.bench.partners`."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nats

from tests.bench import floors, report
from tests.bench.report import Measurement
from tests.stack import PASSWORD, Stack

SAMPLES = 300


def lag(stack: Stack, tenant: str) -> list[Measurement]:
    """From the answer of a command until a partner has the event; p99 of one change after the other."""
    command = [sys.executable, "-m", "gateway.cli", "ops", "partners", "onboard", tenant, "bench"]
    told = subprocess.run(
        command, env=os.environ | {"DEALTRAIL_HOME": str(stack.home)}, check=True, capture_output=True
    ).stdout
    waits = sorted(asyncio.run(_waits(stack, json.loads(told))))
    floor = asyncio.run(floors.message_p99_ms(stack.nats()))
    notes: dict[str, Any] = {"p50": f"{waits[len(waits) // 2]:.1f} ms", "samples": len(waits)}
    p99 = waits[int(len(waits) * 0.99)]
    what = "commit to heard by a partner, p99"
    return [Measurement("P16", what, "ms", p99, floor, "publish to fetch, p99 ms", 20, 8, False, notes)]


async def _waits(stack: Stack, me: dict[str, str]) -> list[float]:
    client = await nats.connect(me["server"], nkeys_seed_str=me["nkeySeed"], inbox_prefix=me["inboxPrefix"])
    inbox, heard = client.new_inbox(), asyncio.Queue[tuple[float, Any]]()

    async def hear(message: Any) -> None:
        heard.put_nowait((time.perf_counter(), message))

    await client.subscribe(inbox, cb=hear)
    pull = f"$JS.API.CONSUMER.MSG.NEXT.{me['stream']}.{me['consumer']}"
    found = []
    for _ in range(SAMPLES):
        await client.publish(pull, b'{"batch":1,"expires":10000000000}', reply=inbox)
        await asyncio.to_thread(stack.call, "POST", "/v1/deals", {"name": "lag"})
        began = time.perf_counter()
        arrived, message = await asyncio.wait_for(heard.get(), 15)
        await message.ack()
        found.append(max(arrived - began, 0) * 1e3)
    await client.close()
    return found


def main() -> None:
    """Measure on a stack of its own."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder) / "home", DEALTRAIL_DEMO_PASSWORD=PASSWORD)
        stack.start()
        try:
            stack.sign_in("demo")
            print(report.markdown(lag(stack, "demo")))
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
