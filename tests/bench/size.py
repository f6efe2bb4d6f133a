"""P12 and P13: what a whole Dealtrail weighs, and how soon it is there again."""

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from deploy.local.servers import Nats, Postgres, free_ports
from deploy.local.shared import running
from tests.bench.report import Measurement
from tests.stack import Stack

SERVERS = ("postgres", "nats-server")


def memory(stack: Stack, settle_s: float = 10) -> list[Measurement]:
    """P12: proportional set size of all our processes, idle, in MB; PostgreSQL and NATS are told apart."""
    time.sleep(settle_s)
    found = stack.memory_mb()
    ours = sum(size for name, size in found.items() if name not in SERVERS)
    notes: dict[str, Any] = {name: f"{size:.0f}" for name, size in sorted(found.items())}
    return [Measurement("P12", "memory of our processes, idle", "MB", ours, 1, "MB", 700, 450, False, notes)]


def second_start(stack: Stack) -> list[Measurement]:
    """P13: a stopped home until ready again, against its PostgreSQL and NATS alone."""
    ours, bare = [], []
    for _ in range(3):
        stack.stop()
        with tempfile.TemporaryDirectory() as folder:
            bare.append(_servers_alone(Path(folder)))
        ours.append(stack.start())
    return [
        Measurement(
            "P13", "second make up until ready", "s", median(ours), median(bare), "the servers alone, s", 8, 4, False
        )
    ]


def _servers_alone(folder: Path) -> float:
    for_postgres, for_nats = free_ports(2)
    postgres, broker = Postgres(folder / "p", for_postgres), Nats(folder / "n", for_nats)
    with running(postgres), running(broker):
        """Made once, so that what is timed below is a second start too."""
    began = time.perf_counter()
    with running(postgres), running(broker):
        return time.perf_counter() - began
