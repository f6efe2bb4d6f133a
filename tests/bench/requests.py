"""P1 to P4 and P11: what a request costs, against the bare statement."""

import asyncio
import json
import subprocess
import sys
from dataclasses import asdict
from statistics import median
from typing import Any

from tests.bench import floors
from tests.bench.load import Outcome, Plan
from tests.bench.report import Measurement
from tests.stack import Stack

LEAD = json.dumps(
    {"company": "上海{name}科技有限公司", "contactName": "张三", "channel": "展会", "attributes": {"city": "上海"}}
)


def drive(plan: Plan) -> Outcome:
    """Carry the plan out in a process of its own. Anything but success spoils the measurement."""
    command = [sys.executable, "-m", "tests.bench.load"]
    said = subprocess.run(command, input=json.dumps(asdict(plan)), capture_output=True, text=True, check=True).stdout
    outcome = Outcome(**json.loads(said))
    if not set(outcome.statuses) <= {"200", "201"}:
        raise RuntimeError(f"{plan.method} {plan.path}: {outcome.statuses}")
    return outcome


def creating(stack: Stack, connections: int, seconds: float, rate: float = 0) -> Plan:
    """POST /v1/leads with an idempotency key each."""
    headers = stack.headers | {"content-type": "application/json", "idempotency-key": "{key}"}
    return Plan(stack.port, "POST", "/v1/leads", seconds, connections, LEAD, headers, rate=rate)


def create(stack: Stack) -> list[Measurement]:
    """P1 and P2, rounds of ours and of the floor in turn."""
    drive(creating(stack, 8, 2))
    root = stack.superuser("leads")
    alone, bare_alone = [], []
    for _ in range(3):
        bare_alone.append(asyncio.run(floors.create_p50_ms(root)))
        alone.append(drive(creating(stack, 1, 3)).p50_ms)
    ours, bare = [], []
    for _ in range(3):
        bare.append(floors.create_per_second(root, 4, 32))
        ours.append(drive(creating(stack, 32, 5)))
    asyncio.run(floors.settle(root))
    many = sorted(ours, key=lambda one: one.per_second)[1]
    notes: dict[str, Any] = {"p50": f"{many.p50_ms:.1f} ms", "p99": f"{many.p99_ms:.1f} ms"}
    return [
        Measurement(
            "P1",
            "create lead, 32 connections",
            "/s",
            many.per_second,
            median(bare),
            "pgbench /s",
            0.08,
            0.35,
            True,
            notes,
        ),
        Measurement(
            "P2", "create lead, 1 connection, p50", "ms", median(alone), median(bare_alone), "asyncpg ms", 6, 3, False
        ),
    ]


def read(stack: Stack, tenant_id: str) -> list[Measurement]:
    """P3 and P4."""
    drive(creating(stack, 8, 1))  # where nothing else has made leads yet
    root = stack.superuser("leads")
    asyncio.run(floors.settle(root))
    listed = stack.call("GET", "/v1/leads?pageSize=50")["leads"]
    one = Plan(stack.port, "GET", "", 4, 16, headers=stack.headers, paths=[f"/v1/leads/{x['id']}" for x in listed])
    many = Plan(stack.port, "GET", "/v1/leads?pageSize=50", 4, 16, headers=stack.headers)
    found = []
    for plan, limit, name, what, first, then in (
        (one, 1, "P3", "get one lead, 16 connections", 0.12, 0.25),
        (many, 50, "P4", "list of 50 leads, 16 connections", 0.20, 0.35),
    ):
        drive(Plan(**(asdict(plan) | {"seconds": 1})))
        ours, bare = [], []
        for _ in range(3):
            bare.append(asyncio.run(floors.selects_per_second(root, tenant_id, limit, 3, 16)))
            ours.append(drive(plan))
        middle = sorted(ours, key=lambda one: one.per_second)[1]
        notes: dict[str, Any] = {"p50": f"{middle.p50_ms:.1f} ms", "p99": f"{middle.p99_ms:.1f} ms"}
        found.append(
            Measurement(name, what, "/s", middle.per_second, median(bare), "asyncpg /s", first, then, True, notes)
        )
    return found


def tracing(sampled: Stack, silent: Stack) -> list[Measurement]:
    """P11: throughput with 1 % of requests traced against none, in turn."""
    for stack in (sampled, silent):
        drive(creating(stack, 8, 2))
    ours, bare = [], []
    for _ in range(4):
        bare.append(drive(creating(silent, 32, 4)).per_second)
        ours.append(drive(creating(sampled, 32, 4)).per_second)
    return [Measurement("P11", "create lead, 1 % traced", "/s", median(ours), median(bare), "untraced /s", 0.90, 0.97)]
