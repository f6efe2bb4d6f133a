"""P5 and P6: how long a change takes to be seen elsewhere, and how fast a file becomes rows and events."""

import asyncio
import json
import threading
import time
import uuid
from typing import Any
from urllib.request import Request, urlopen

import asyncpg

from deploy.local.servers import HOST
from tests.bench import floors
from tests.bench.report import Measurement
from tests.bench.requests import creating, drive
from tests.stack import Stack

ROWS = 50_000
ASK_S = 0.002
"""From one look to the next: who asks oftener takes a quarter of a processor from what is measured."""


def lag(stack: Stack, saturation: float) -> list[Measurement]:
    """P5: from the answer of a command until timeline and funnel show it, at half of saturation; p99."""
    load = threading.Thread(target=drive, args=(creating(stack, 16, 25, rate=saturation / 2),))
    load.start()
    time.sleep(2)
    in_timeline, in_funnel = asyncio.run(_probe(stack, load))
    load.join()
    floor = asyncio.run(floors.message_p99_ms(stack.nats()))
    found = []
    for name, waits in (("timeline", in_timeline), ("funnel", in_funnel)):
        waits.sort()
        notes: dict[str, Any] = {"p50": f"{waits[len(waits) // 2]:.1f} ms", "samples": len(waits)}
        p99 = waits[int(len(waits) * 0.99)]
        what = f"commit to visible in {name}, p99 at half load"
        found.append(Measurement("P5", what, "ms", p99, floor, "publish to fetch, p99 ms", 20, 8, False, notes))
    return found


IN_TIMELINE = "SELECT 1 FROM entries WHERE deal_id = $1"
IN_FUNNEL = "SELECT 1 FROM deals WHERE id = $1"
"""The fact, which commits with the sums that it changes."""


async def _probe(stack: Stack, load: threading.Thread) -> tuple[list[float], list[float]]:
    """Waits in ms until deals opened under the load are committed to each projection, as its database shows."""
    timeline = await asyncpg.connect(stack.superuser("timeline"))
    analytics = await asyncpg.connect(stack.superuser("analytics"))
    in_timeline: list[float] = []
    in_funnel: list[float] = []
    while load.is_alive():
        for connection, statement, waits in ((timeline, IN_TIMELINE, in_timeline), (analytics, IN_FUNNEL, in_funnel)):
            product = f"lag-{uuid.uuid4().hex[:6]}"
            deal = await asyncio.to_thread(stack.call, "POST", "/v1/deals", {"name": "lag", "product": product})
            began = time.perf_counter()
            while not await connection.fetchval(statement, deal["id"]):
                if time.perf_counter() - began > 10:
                    raise RuntimeError(f"deal {deal['id']} is not there after 10 s")
                await asyncio.sleep(ASK_S)
            waits.append((time.perf_counter() - began) * 1e3)
    page = stack.call("GET", f"/v1/deals/{deal['id']}/timeline")
    funnel = stack.call("GET", f"/v1/analytics/funnel?product={product}")
    if not page["entries"] or not any(stage["deals"] for stage in funnel["stages"]):
        raise RuntimeError("what the databases hold is not what the API shows")
    await timeline.close()
    await analytics.close()
    return in_timeline, in_funnel


def import_leads(stack: Stack) -> list[Measurement]:
    """P6: upload a file of 50,000 leads; until every row is recorded and every event is in the stream."""
    lines = ["company,contact,channel,city"]
    lines += [f"公司{number:06},联系人{number},展会,上海" for number in range(ROWS)]
    mapping = {
        "columns": {"company": "company", "contact": "contactName", "channel": "channel", "city": "attributes.city"}
    }
    began = time.perf_counter()
    operation = _upload(stack, "\n".join(lines).encode(), {"kind": "leads", "mapping": json.dumps(mapping)})
    while (standing := stack.call("GET", f"/v1/operations/{operation['id']}"))["state"] in ("PENDING", "RUNNING"):
        time.sleep(0.2)
    if standing["state"] != "SUCCEEDED":
        raise RuntimeError(f"the import ended as {standing}")
    recorded = time.perf_counter() - began
    while asyncio.run(_unpublished(stack)):
        time.sleep(0.1)
    taken = time.perf_counter() - began
    floor = asyncio.run(floors.copy_per_second(stack.superuser("leads"), ROWS))
    notes: dict[str, Any] = {"rows recorded after": f"{recorded:.1f} s", "events published after": f"{taken:.1f} s"}
    return [
        Measurement("P6", "import 50,000 leads", "rows/s", ROWS / taken, floor, "COPY rows/s", 0.02, 0.10, True, notes)
    ]


async def _unpublished(stack: Stack) -> int:
    connection = await asyncpg.connect(stack.superuser("leads"))
    waiting: int = await connection.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")
    await connection.close()
    return waiting


def _upload(stack: Stack, content: bytes, fields: dict[str, str]) -> Any:
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\ncontent-disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="leads.csv"\r\n'
    body = "".join(parts).encode() + head.encode() + b"content-type: text/csv\r\n\r\n" + content
    headers = stack.headers | {"content-type": f"multipart/form-data; boundary={boundary}"}
    request = Request(f"http://{HOST}:{stack.port}/v1/imports", body + f"\r\n--{boundary}--\r\n".encode(), headers)
    with urlopen(request, timeout=60) as answer:
        return json.load(answer)
