"""Finds imports that nobody works on, and carries them out; a gateway that dies leaves them to the next one."""

import asyncio
import logging
import time
from collections.abc import Mapping
from uuid import UUID

from gateway.identity.system import PLATFORM, system
from gateway.imports import operations
from gateway.imports.sending import Sender, Vouch
from gateway.peers import Invoke
from gateway.refusals import Internal
from services.kit.database import Database
from services.kit.errors import Problem
from services.kit.ids import new_id

log = logging.getLogger(__name__)

AT_ONCE = 2
LOOK_SECONDS = 1.0
RENEW_SECONDS = 5.0
CLEAR_SECONDS = 3600.0


class Worker:
    """Works as long as the gateway runs."""

    def __init__(self, database: Database, peers: Mapping[str, Invoke], vouch: Vouch) -> None:
        self._database = database
        self._peers = peers
        self._vouch = vouch
        self._id = new_id()
        self._running: set[asyncio.Task[None]] = set()
        self._clear_at = 0.0
        self._called = asyncio.Event()

    def call(self) -> None:
        """There is something to do: do not wait for the next look."""
        self._called.set()

    async def run(self) -> None:
        """Work until cancelled; what is under way then is left for the next worker at once."""
        try:
            while True:
                try:
                    await self._look()
                except Exception as error:  # PostgreSQL may be down; it comes back
                    log.warning("imports wait", extra={"error": repr(error)})
                self._called.clear()
                waits = [asyncio.create_task(self._called.wait()), *self._running]
                await asyncio.wait(waits, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                waits[0].cancel()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _look(self) -> None:
        while len(self._running) < AT_ONCE:
            async with self._database.transaction(PLATFORM) as tx:
                found = await operations.claim(tx, self._id)
            if found is None:
                break
            task = asyncio.create_task(self._work(*found))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        if time.monotonic() > self._clear_at:
            self._clear_at = time.monotonic() + CLEAR_SECONDS
            await self._clear()

    async def _work(self, tenant_id: UUID, operation_id: UUID) -> None:
        renewing = asyncio.create_task(self._renew(tenant_id, operation_id))
        try:
            await self._carry_out(tenant_id, operation_id)
        except operations.LeaseLost:
            log.info("import stopped", extra={"operation": str(operation_id)})
        except asyncio.CancelledError:
            async with self._database.transaction(system(tenant_id)) as tx:
                await operations.leave(tx, operation_id, self._id)
            raise
        except Exception:  # ours: tried again when the lease has ended
            log.exception("import interrupted", extra={"operation": str(operation_id)})
        finally:
            renewing.cancel()

    async def _carry_out(self, tenant_id: UUID, operation_id: UUID) -> None:
        async with self._database.transaction(system(tenant_id)) as tx:
            operation = await operations.begin(tx, operation_id, self._id)
        sender = Sender(self._peers, self._vouch, tenant_id, operation.owner_id)
        problem: Problem | None = None
        try:
            from gateway.imports.runner import Runner  # noqa: PLC0415 - reads every kind of file, with the first import

            await Runner(self._database, tenant_id, self._id, operation, sender).run()
        except Problem as refused:
            problem = refused
        except (ValueError, KeyError, TypeError, AssertionError):
            log.exception("import failed", extra={"operation": str(operation_id)})
            problem = Internal()
        async with self._database.transaction(system(tenant_id)) as tx:
            await operations.end(tx, operation_id, self._id, problem)

    async def _renew(self, tenant_id: UUID, operation_id: UUID) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                async with self._database.transaction(system(tenant_id)) as tx:
                    await operations.renew(tx, operation_id, self._id)
            except Exception as error:  # the lease ends if this goes on
                log.warning("lease not renewed", extra={"operation": str(operation_id), "error": repr(error)})

    async def _clear(self) -> None:
        """Delete what is no longer to be kept."""
        async with self._database.transaction(PLATFORM, read_only=True) as tx:
            expired = await operations.expired(tx)
        for tenant_id, operation_id in expired:
            async with self._database.transaction(system(tenant_id)) as tx:
                await operations.clear(tx, operation_id)
