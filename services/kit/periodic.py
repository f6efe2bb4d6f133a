"""Work that is to be done every so often: by one replica, tenant by tenant, in transactions of bounded size.

One leader a database holds an advisory lock on a connection of its own. Should that connection break
while it works, another replica may lead before it knows: each transaction therefore takes a lock of
its work and tenant too, and does nothing where somebody else has it. What a leader leaves undone the
next one does, since the work is found in the rows: nothing is noted beside them.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
from prometheus_client import Counter, Gauge
from sqlalchemy import Text, bindparam, func, select

from services.kit.database import Database, Tx
from services.kit.principal import Principal
from services.kit.sql import Query
from services.kit.visibility import SYSTEM

log = logging.getLogger(__name__)

LOCK = "SELECT pg_try_advisory_lock(hashtext('dealtrail.periodic'))"
TENANTS = """WITH RECURSIVE found AS (
  (SELECT tenant_id FROM outbox ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (SELECT tenant_id FROM outbox WHERE tenant_id > found.tenant_id ORDER BY tenant_id LIMIT 1)
  FROM found WHERE found.tenant_id IS NOT NULL
) SELECT tenant_id FROM found WHERE tenant_id IS NOT NULL"""
"""Whoever has ever had anything to tell: one probe of the primary key a tenant, however many events there are."""
ALONE = Query(select(func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("work", type_=Text), 0))))
POLL_S = 1.0
NOBODY = UUID(int=0)
SUCCEEDED = Gauge(
    "dealtrail_periodic_last_success_timestamp_seconds",
    "When a periodic work was last done for every tenant, in seconds since 1970; 0 if not since this process started.",
    ["work"],
)
FAILED = Counter("dealtrail_periodic_failures_total", "Tenants for whom a periodic work failed.", ["work"])

Piece = Callable[[Tx], Awaitable[bool]]
"""Does a bounded piece of the work for the tenant of the transaction; whether there is more of it."""


@dataclass
class Work:
    """One work: its name in metrics and logs, the seconds from one round to the next, and a piece of it."""

    name: str
    every_s: float
    do: Piece
    due: float = field(default=0.0, init=False)
    """When the next round begins, by time.monotonic()."""


class Periodic:
    """Does the works of one service. Run as many as you like: one leads."""

    def __init__(self, url: str, database: Database, works: Iterable[Work]) -> None:
        """`url` is the database as the relay's role, which alone sees which tenants there are."""
        self._url = url
        self._database = database
        self._works = list(works)
        for work in self._works:
            SUCCEEDED.labels(work.name)
            FAILED.labels(work.name)

    async def run(self) -> None:
        """Until cancelled: lead if nobody else does, do what is due, wait a second."""
        while True:
            try:
                await self._term()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                log.warning("periodic work waits", extra={"error": repr(error)})
            except Exception:
                # Nobody would start us again: a fault of ours must not end all works.
                log.exception("periodic work failed")
            await asyncio.sleep(POLL_S)

    async def _term(self) -> None:
        """One connection's life: wait for the lock, then work until the connection breaks."""
        connection = await asyncpg.connect(
            self._url, timeout=5, command_timeout=15, server_settings={"application_name": "dealtrail periodic"}
        )
        try:
            while not await connection.fetchval(LOCK):  # noqa: ASYNC110 - another process holds it
                await asyncio.sleep(POLL_S)
            while True:
                for work in self._works:
                    if time.monotonic() >= work.due:
                        await self.round(connection, work)
                        work.due = time.monotonic() + work.every_s
                await asyncio.sleep(POLL_S)
                await connection.execute("SELECT 1")
        finally:
            await connection.close(timeout=2)

    async def round(self, connection: Any, work: Work) -> None:
        """Do the work for every tenant; one whose work fails does not keep it from the others."""
        failed = 0
        for row in await connection.fetch(TENANTS):
            try:
                await self._serve(row["tenant_id"], work)
            except Exception:
                log.exception("periodic work failed", extra={"work": work.name, "tenant": str(row["tenant_id"])})
                FAILED.labels(work.name).inc()
                failed += 1
            # We lead as long as this connection lives.
            await connection.execute("SELECT 1")
        if not failed:
            SUCCEEDED.labels(work.name).set_to_current_time()

    async def _serve(self, tenant_id: UUID, work: Work) -> None:
        more = True
        while more:
            async with self._database.transaction(Principal(tenant_id, NOBODY, SYSTEM, None)) as tx:
                alone = await tx.fetch_value(ALONE, work=f"dealtrail.periodic {work.name} {tenant_id}")
                more = alone and await work.do(tx)
