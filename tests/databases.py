"""Databases for tests: each migrated once a run as a template, and cloned in milliseconds."""

import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import asyncpg
from starlette.concurrency import run_in_threadpool

from deploy.local.databases import grant
from deploy.local.roles import OWNER, Access, access
from deploy.local.shared import SharedPostgres
from services.kit.migrations import upgrade


class Cluster:
    """The real PostgreSQL of this test run. `worker` keeps apart the databases of parallel test processes."""

    def __init__(self, server: SharedPostgres, worker: str) -> None:
        self.url = server.url
        self._secrets = server.secrets
        self._worker = worker
        self._numbers = count()

    @asynccontextmanager
    async def fresh(self, service: str) -> AsyncIterator[Access]:
        """An empty, migrated database of the service; gone after the block."""
        template = await self._template(service)
        name = f"test_{service}_{self._worker}_{next(self._numbers)}"
        admin = await asyncpg.connect(self.url)
        try:
            await self._create(admin, name, f"TEMPLATE {template}")
            yield access(self.url, self._secrets, name)
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await admin.close()

    async def _template(self, service: str) -> str:
        name, building = f"template_{service}", f"building_{service}"
        with (self._secrets / f"{name}.lock").open("a") as lock:
            # Another test process may be migrating it just now.
            await run_in_threadpool(fcntl.flock, lock, fcntl.LOCK_EX)
            admin = await asyncpg.connect(self.url)
            try:
                if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
                    await admin.execute(f"DROP DATABASE IF EXISTS {building}")
                    way = await self._create(admin, building)
                    await run_in_threadpool(upgrade, service, way.owner)
                    await admin.execute(f"ALTER DATABASE {building} RENAME TO {name}")
            finally:
                await admin.close()
        return name

    async def _create(self, admin: asyncpg.Connection, name: str, options: str = "") -> Access:
        way = access(self.url, self._secrets, name)
        await admin.execute(f"CREATE DATABASE {name} OWNER {OWNER} {options}")
        await grant(admin, name)
        return way
