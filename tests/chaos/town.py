"""A Dealtrail to be broken: real processes on servers of ours, reached over wires that can fail."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx

from deploy.local.roles import Access, access, database_of
from services.kit import streams
from tests.chaos.machine import Machine
from tests.chaos.proxy import HOST, Wire
from tests.people import Company, Town
from tests.stack import Stack

HOOKS = Path(__file__).parent / "hooks"
SERVICES = ("leads", "opportunities", "contracts", "timeline", "analytics")
PROCESSES = (*SERVICES, "gateway")
READY_S = 180
AWAY = (OSError, asyncpg.OperatorInterventionError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)


class Site(Stack):
    """A stack on a machine of ours: services and gateway reach PostgreSQL and NATS over wires."""

    def __init__(self, folder: Path, machine: Machine, to_postgres: Wire, to_nats: Wire) -> None:
        self.machine = machine
        self.faults = folder / "faults"
        self.faults.mkdir()
        super().__init__(
            folder / "home",
            DEALTRAIL_DATABASE_URL=_over(machine.postgres.server.url, to_postgres),
            DEALTRAIL_NATS_URL=_over(machine.nats.server.url, to_nats),
            DEALTRAIL_CALLER_RATE="100000",
            DEALTRAIL_FAULTS=str(self.faults),
            PYTHONPATH=os.pathsep.join(filter(None, [str(HOOKS), os.environ.get("PYTHONPATH", "")])),
        )

    def superuser(self, service: str = "") -> str:
        url = self.machine.postgres.server.url
        return url.rpartition("/")[0] + "/" + database_of(service) if service else url

    def databases(self, service: str) -> Access:
        return access(self.superuser(), self.home / "secrets", database_of(service))

    def nats(self) -> str:
        return self.machine.nats.server.url


def _over(url: str, wire: Wire) -> str:
    """The same server, reached over the wire."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{HOST}:{wire.port}"))


class Arena:
    """All that a cell of the matrix works on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.machine = Machine(folder / "machine")
        self.to_postgres = Wire(self.machine.postgres.server.port)
        self.to_nats = Wire(self.machine.nats.server.port)
        self.kills: list[str] = []
        self.stack: Site
        self.client: httpx.AsyncClient
        self.town: Town
        self.company: Company

    async def open(self) -> None:
        await self.machine.start()
        await self.to_postgres.start()
        await self.to_nats.start()
        self.stack = Site(self.folder, self.machine, self.to_postgres, self.to_nats)
        self.stack.launch()
        await asyncio.to_thread(self.stack.wait, time.perf_counter())
        bound = httpx.Limits(max_connections=64)
        self.client = httpx.AsyncClient(base_url=self.stack.url, trust_env=False, timeout=10, limits=bound)
        self.town = Town(self.stack, self.client)
        self.company = await self.town.company("chaos")

    async def close(self) -> None:
        for wire in (self.to_postgres, self.to_nats):
            wire.mend()
        with suppress(AttributeError):
            await self.client.aclose()
        with suppress(AttributeError, AssertionError, subprocess.TimeoutExpired):
            await asyncio.to_thread(self.stack.stop)
        await self.to_postgres.stop()
        await self.to_nats.stop()
        await self.machine.stop()

    def note(self, what: str) -> None:
        """One line of the kill list."""
        self.kills.append(what)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> bool:
        """Send a process of ours a signal; False while there is none."""
        if not self.stack.pid(name):
            return False
        self.note(f"{number.name} {name}")
        self.stack.signal(name, number)
        return True

    async def ready(self, patience_s: float = READY_S) -> float:
        """Wait until all of it serves; how long that took."""
        began = time.monotonic()
        while not await asyncio.to_thread(self.stack.ready):
            assert time.monotonic() - began < patience_s, "it does not come back"
            await asyncio.sleep(0.1)
        return time.monotonic() - began

    def fault(self, name: str, content: str = "") -> Path:
        """Turn a fault inside our processes on; delete the file to turn it off."""
        path = self.stack.faults / name
        path.write_text(content)
        self.note(f"planted {name} {content}".rstrip())
        return path

    async def taken(self, path: Path, patience_s: float = READY_S) -> None:
        """Wait until a fault has struck that strikes once: a cell in which nothing broke shows nothing."""
        end = time.monotonic() + patience_s
        while path.exists():
            assert time.monotonic() < end, f"nobody came where {path.name} waits"
            await asyncio.sleep(0.1)

    def mend(self) -> None:
        """Turn all faults inside our processes off."""
        for path in self.stack.faults.iterdir():
            path.unlink(missing_ok=True)

    async def query(self, service: str, statement: str, *arguments: Any) -> list[Any]:
        """As the superuser, not over the wire; PostgreSQL may just be coming back."""
        end = time.monotonic() + READY_S
        while True:
            try:
                connection = await asyncpg.connect(self.stack.superuser(service), timeout=10)
                try:
                    found: list[Any] = await connection.fetch(statement, *arguments)
                finally:
                    await connection.close(timeout=2)
            except AWAY:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.2)
            else:
                return found

    async def lag(self) -> int:
        """Events that wait in outboxes and before consumers. Asked of NATS and of the databases themselves."""
        waiting = 0
        for name in PROCESSES:
            [(count,)] = await self.query(name, "SELECT count(*) FROM outbox WHERE published_at IS NULL")
            waiting += count
        client = await streams.connect(self.stack.nats(), "chaos")
        try:
            js = client.jetstream()
            for stream in await js.streams_info():
                for consumer in await js.consumers_info(stream.config.name):
                    if consumer.name in SERVICES:
                        waiting += (consumer.num_pending or 0) + (consumer.num_ack_pending or 0)
        finally:
            await client.close()
        return waiting

    async def reconcile(self, repair: bool = False, patience_s: float = 60) -> dict[str, Any]:
        """What the operator's command says."""
        urls = " ".join(f"{name}={self.stack.databases(name).owner}" for name in PROCESSES)
        told = {"DEALTRAIL_MIGRATION_URLS": urls, "DEALTRAIL_NATS_URL": self.stack.nats()}
        command = [sys.executable, "-m", "services.kit.reconcile", "--json", "--patience", str(patience_s)]
        command += ["--repair"] if repair else []
        run = asyncio.create_subprocess_exec(
            *command, env=os.environ | told, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        process = await run
        out, err = await process.communicate()
        assert process.returncode in (0, 1), err.decode()
        found: dict[str, Any] = json.loads(out)
        return found
