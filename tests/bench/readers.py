"""P14: what two and four processes of a projection apply, each with a fifth of a processor, against one."""

import asyncio
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import nats
from dealtrail.leads.v1 import events_pb2

from deploy.local.keys import MASTER_KEYS, PUBLIC_KEYS
from deploy.local.roles import Access
from deploy.local.servers import HOST, Nats, free_ports
from deploy.local.shared import running, shared_postgres
from services.kit import streams
from services.kit.ids import new_id
from services.kit.outbox import Message
from services.kit.principal import Principal
from tests.bench.replicas import SHARE, process, ration_root
from tests.bench.report import Measurement
from tests.databases import Cluster
from tests.stack import Stack

TENANTS = 64
EVENTS = 3_000
PARTITIONS = 4
BATCH = 64
BALANCED_S = 4


def scale(stack: Stack) -> list[Measurement]:
    """Events a second that 1, 2 and 4 processes of the timeline apply; nothing where processor time is not rationed."""
    if ration_root() is None:
        print("P14  left out: no control group for processor time may be made here")
        return []
    with tempfile.TemporaryDirectory() as home, shared_postgres(Path(home)) as server:
        (port,) = free_ports(1)
        with running(Nats(Path(home) / "nats", port, durable=False)) as url:
            found = asyncio.run(_rates(stack, Cluster(server, "readers"), url, Path(home)))
    one, two, four = (found[number] for number in (1, 2, 4))
    notes: dict[str, Any] = {
        "four": f"{four:,.0f}/s, {four / one:.2f} times one",
        "each": f"{SHARE} processors, {PARTITIONS} partitions, {TENANTS} tenants",
    }
    what = "two processes of the timeline, events applied"
    return [Measurement("P14", what, "/s", two, one, "one process /s", 1.6, 1.9, notes=notes)]


async def _rates(stack: Stack, cluster: Cluster, url: str, folder: Path) -> dict[int, float]:
    """Events a second, by how many processes apply them."""
    found: dict[int, float] = {}
    client = await nats.connect(url)
    await streams.ensure_stream(client, "leads")
    async with cluster.fresh("timeline") as access:
        told = _told(stack, access, url)
        with ExitStack() as serving:
            for more, number in ((1, 1), (1, 2), (2, 4)):
                for _ in range(more):
                    await asyncio.to_thread(serving.enter_context, process("timeline", told, folder))
                await asyncio.sleep(BALANCED_S)
                found[number] = await _applied_per_second(client, access)
    await client.close()
    return found


def _told(stack: Stack, access: Access, url: str) -> dict[str, str]:
    secrets = stack.home / "secrets"
    return {
        "DATABASE_URL": access.app,
        "RELAY_DATABASE_URL": access.relay,
        "NATS_URL": url,
        # Nobody is asked: what leads tell stands in their events.
        "PEERS": ",".join(f"{name}={HOST}:1" for name in ("identity", "leads", "opportunities")),
        "INTERNAL_KEYS": str(secrets / PUBLIC_KEYS),
        "TOKEN_SECRET": str(secrets / "page_tokens"),
        "MASTER_KEYS": str(secrets / MASTER_KEYS),
        "POOL_SIZE": "4",
        "CONSUMER_PARTITIONS": str(PARTITIONS),
    }


async def _applied_per_second(client: Any, access: Access) -> float:
    """Put captured leads of many tenants into the stream; until the timeline has an entry of each."""
    owner = await asyncpg.connect(access.owner)
    await owner.execute("ALTER TABLE entries NO FORCE ROW LEVEL SECURITY")
    before = await owner.fetchval("SELECT count(*) FROM entries")
    tenants = [new_id() for _ in range(TENANTS)]
    messages = [_captured(tenants[number % TENANTS]) for number in range(EVENTS)]
    began = time.perf_counter()
    for start in range(0, EVENTS, BATCH):
        batch = messages[start : start + BATCH]
        await asyncio.gather(*(client.jetstream().publish(m.subject, m.payload, headers=m.headers) for m in batch))
    while await owner.fetchval("SELECT count(*) FROM entries") < before + EVENTS:
        await asyncio.sleep(0.05)
        if time.perf_counter() - began > 300:
            raise RuntimeError("the timeline does not apply what it was told")
    taken = time.perf_counter() - began
    await owner.close()
    return EVENTS / taken


def _captured(tenant_id: Any) -> Message:
    now, lead = datetime.now(UTC), SimpleNamespace(id=new_id(), owner_id=new_id(), team_id=None, collaborators=())
    event = events_pb2.LeadCaptured()
    event.lead.id, event.lead.owner_id = str(lead.id), str(lead.owner_id)
    tx = SimpleNamespace(principal=Principal(tenant_id, new_id(), "REP", None), now=now)
    return Message(tx, event, lead, now, lead)
