"""Guesses at a password, counted: those for one name one after the other, so that many at once win nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID
from weakref import WeakValueDictionary

from gateway.identity.attempts.domain import FORGOTTEN_AFTER, must_be_free
from gateway.identity.attempts.store import CLEAR, COUNT, FORGET, STANDING
from gateway.identity.system import NOBODY, system
from services.kit import audit
from services.kit.database import Database

FAILURE = "identity.SignInFailed"


class Attempts:
    """Counts failures in transactions of its own: they stand whatever becomes of the call that failed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turns: WeakValueDictionary[tuple[UUID, bytes], asyncio.Lock] = WeakValueDictionary()

    async def guarded(self, tenant_id: UUID, name: bytes, user_id: UUID, guess: Callable[[], Awaitable[bool]]) -> bool:
        """Whether the guess was right; a wrong one is counted, and kept in the audit log as about the user.

        `user_id` is NOBODY's where the name is nobody's. Refused: SIGN_IN_LOCKED, without guessing.
        """
        turn = self._turns.setdefault((tenant_id, name), asyncio.Lock())
        async with turn:
            failures = await self._failures(tenant_id, name)
            right = await guess()
            if failures or not right:
                await self._note(tenant_id, name, user_id, right)
            return right

    async def _failures(self, tenant_id: UUID, name: bytes) -> int:
        async with self._database.transaction(system(tenant_id), read_only=True) as tx:
            row = await tx.fetch_one(STANDING, name=name, forgotten=tx.now - FORGOTTEN_AFTER)
            if row is None:
                return 0
            must_be_free(row["failures"], row["last_time"], tx.now)
            return int(row["failures"])

    async def _note(self, tenant_id: UUID, name: bytes, user_id: UUID, right: bool) -> None:
        async with self._database.transaction(system(tenant_id)) as tx:
            if right:
                await tx.execute(CLEAR, name=name)
                return
            forgotten = tx.now - FORGOTTEN_AFTER
            await tx.execute(COUNT, name=name, forgotten=forgotten)
            await tx.execute(FORGET, forgotten=forgotten)
            if tenant_id != NOBODY:
                audit.record(tx, FAILURE, user_id)
