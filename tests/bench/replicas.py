"""P14: what two and four replicas of a service answer, each with a fifth of a processor, against one."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import grpc
from dealtrail.leads.v1 import leads_pb2

from deploy.local.keys import MASTER_KEYS, PRIVATE_KEYS, PUBLIC_KEYS
from deploy.local.servers import HOST, free_ports
from services.kit.client import channel
from services.kit.principal import Principal, TokenMint
from tests.bench.report import Measurement
from tests.bench.requests import creating, drive
from tests.stack import Stack

SHARE = 0.2
"""Of a processor for each replica: so little that the replica is the bottleneck, and not what they share."""
IN_FLIGHT = 32
SECONDS = 4


def scale(stack: Stack, tenant_id: str) -> list[Measurement]:
    """Gets a second from 1, 2 and 4 replicas in turn; nothing where processor time cannot be rationed."""
    if ration_root() is None:
        print("P14  left out: no control group for processor time may be made here")
        return []
    drive(creating(stack, 8, 1))  # so that there are leads, whatever else is measured
    known = [lead["id"] for lead in stack.call("GET", "/v1/leads?pageSize=50")["leads"]]
    boss = Principal(UUID(tenant_id), UUID(stack.call("GET", "/v1/me")["userId"]), "BOSS", None)
    token = TokenMint(str(stack.home / "secrets" / PRIVATE_KEYS)).sign(boss)
    found: dict[int, list[float]] = {1: [], 2: [], 4: []}
    with ExitStack() as running, tempfile.TemporaryDirectory() as folder:
        ports = [running.enter_context(process("leads", _told(stack), Path(folder))) for _ in range(4)]
        for _ in range(3):
            for number, rates in found.items():
                rates.append(asyncio.run(_gets_per_second(ports[:number], token, known)))
    one, two, four = (median(rates) for rates in found.values())
    notes: dict[str, Any] = {
        "four replicas": f"{four:,.0f}/s, {four / one:.2f} times one",
        "each": f"{SHARE} processors",
    }
    return [Measurement("P14", "two replicas of leads, gets", "/s", two, one, "one replica /s", 1.6, 1.9, notes=notes)]


def ration_root() -> Path | None:
    """Where control groups for processor time may be made; nowhere if None."""
    for root in (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")):
        if (root / "cgroup.procs").exists() and os.access(root, os.W_OK):
            return root
    return None


def _told(stack: Stack) -> dict[str, str]:
    """What a process of leads beside the stack's own is told."""
    secrets, ways = stack.home / "secrets", stack.databases("leads")
    peers = {"identity": stack.address("gateway", "calls")}
    peers |= {name: stack.address(name, "calls") for name in ("opportunities", "contracts", "timeline", "analytics")}
    return {
        "DATABASE_URL": ways.app,
        "RELAY_DATABASE_URL": ways.relay,
        "NATS_URL": stack.nats(),
        "PEERS": ",".join(f"{name}={at}" for name, at in peers.items()),
        "INTERNAL_KEYS": str(secrets / PUBLIC_KEYS),
        "TOKEN_SECRET": str(secrets / "page_tokens"),
        "MASTER_KEYS": str(secrets / MASTER_KEYS),
        "POOL_SIZE": "4",
    }


@contextmanager
def process(service: str, told: dict[str, str], folder: Path) -> Iterator[int]:
    """One more process of a service, with its share of a processor once it serves; its port."""
    root = ration_root()
    assert root
    (port,) = free_ports(1)
    environment = os.environ | {f"DEALTRAIL_{name}": value for name, value in told.items()}
    environment |= {"DEALTRAIL_LISTEN": f"{HOST}:{port}"}
    with (folder / f"{port}.log").open("wb") as log:
        one = subprocess.Popen([sys.executable, "-m", f"services.{service}"], env=environment, stdout=log, stderr=log)
    try:
        asyncio.run(_until_ready(port))
        with _rationed(root / f"dealtrail-{one.pid}", one.pid):
            yield port
    finally:
        one.terminate()
        one.wait(30)


@contextmanager
def _rationed(group: Path, pid: int) -> Iterator[None]:
    """Hold the process to its share of a processor, by control groups of either version."""
    group.mkdir()
    period = 20_000
    try:
        if (group / "cpu.cfs_quota_us").exists():
            (group / "cpu.cfs_period_us").write_text(str(period))
            (group / "cpu.cfs_quota_us").write_text(str(int(period * SHARE)))
        else:
            (group / "cpu.max").write_text(f"{int(period * SHARE)} {period}")
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        (group.parent / "cgroup.procs").write_text(str(pid))  # a group that holds somebody stays
        group.rmdir()


async def _until_ready(port: int) -> None:
    async with grpc.aio.insecure_channel(f"{HOST}:{port}") as connection, asyncio.timeout(30):
        await connection.channel_ready()


async def _gets_per_second(ports: list[int], token: str, known: list[str]) -> float:
    """Plain unary calls, spread over the replicas by the client as any client of ours spreads them."""
    async with channel("ipv4:" + ",".join(f"{HOST}:{port}" for port in ports)) as connection:
        call: Any = connection.unary_unary("/dealtrail.leads.v1.LeadsService/GetLead")
        asked = [leads_pb2.GetLeadRequest(id=one).SerializeToString() for one in known]
        metadata = (("authorization", f"Bearer {token}"),)
        await asyncio.gather(*(call(one, metadata=metadata, timeout=10) for one in islice(cycle(asked), 64)))
        end, done = time.perf_counter() + SECONDS, 0

        async def work(requests: Any) -> None:
            nonlocal done
            while time.perf_counter() < end:
                await call(next(requests), metadata=metadata, timeout=10)
                done += 1

        requests = cycle(asked)
        await asyncio.gather(*(work(requests) for _ in range(IN_FLIGHT)))
    return done / SECONDS
