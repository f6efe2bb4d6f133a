"""P16: how soon a partner hears of a change."""

import asyncio
import json
import os
import subprocess
import sys
import time
from typing import Any

import nats
from nats.errors import TimeoutError as NothingMore

from tests.bench import floors
from tests.bench.report import Measurement
from tests.stack import Stack

SAMPLES = 300
BATCH = 100


def heard(stack: Stack, tenant: str) -> list[Measurement]:
    """From the answer of a command until a partner acknowledges its event, one after the other; p99."""
    command = [sys.executable, "-m", "gateway.cli", "ops", "partners", "onboard", tenant, "bench"]
    home = os.environ | {"DEALTRAIL_HOME": str(stack.home)}
    told = subprocess.run(command, env=home, check=True, capture_output=True).stdout
    waits = sorted(asyncio.run(_waits(stack, json.loads(told))))
    floor = asyncio.run(floors.message_p99_ms(stack.nats()))
    notes: dict[str, Any] = {"p50": f"{waits[len(waits) // 2]:.1f} ms", "samples": len(waits)}
    p99 = waits[int(len(waits) * 0.99)]
    what = "commit to acknowledged by a partner, p99"
    return [Measurement("P16", what, "ms", p99, floor, "publish to fetch, p99 ms", 20, 8, False, notes)]


async def _waits(stack: Stack, me: dict[str, str]) -> list[float]:
    """In ms; the partner's next request is open before the change is made, as that of a partner who listens is."""
    client = await nats.connect(me["server"], nkeys_seed_str=me["nkeySeed"], inbox_prefix=me["inboxPrefix"])
    events = await client.jetstream().pull_subscribe_bind(me["consumer"], stream=me["stream"])
    try:
        while True:  # what happened before
            for message in await events.fetch(BATCH, timeout=2):
                await message.ack()
    except NothingMore:
        pass
    found = []
    for _ in range(SAMPLES):
        waiting = asyncio.create_task(events.fetch(1, timeout=15))
        await asyncio.sleep(0.002)
        deal = await asyncio.to_thread(stack.call, "POST", "/v1/deals", {"name": "heard"})
        began = time.perf_counter()
        (message,) = await waiting
        await message.ack()
        found.append((time.perf_counter() - began) * 1e3)
        if json.loads(message.data)["data"]["deal"]["id"] != deal["id"]:
            raise RuntimeError("the partner heard of another deal than was opened")
    await client.close()
    return found
