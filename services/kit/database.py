"""The service's own database: transactions on connections that every one of them leaves as it found them."""

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType

import asyncpg

from services.kit.errors import Unavailable
from services.kit.group_commit import GroupCommit
from services.kit.outages import LOST
from services.kit.outbox import Answer
from services.kit.pool import OUTDATED, Pool
from services.kit.principal import Principal
from services.kit.together import Together
from services.kit.transaction import Tx
from services.kit.vault import MasterKeys, Vault

__all__ = ["SESSION", "Answer", "Database", "Tx"]

SESSION = {
    "statement_timeout": "10s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "15s",
    "transaction_timeout": "30s",
    "client_connection_check_interval": "1s",
    "application_name": "dealtrail",
    "jit": "off",
}
PING_S = 2


class Database:
    """The service's own database, as the role that owns no table and passes no row-level security."""

    def __init__(self, pool: Pool, vault: Vault | None = None) -> None:
        self._pool = pool
        self._together = Together(pool)
        self._group_commit = GroupCommit(pool)
        self._vault = vault
        self.committed = asyncio.Event()
        """Set after each commit that left events: wakes the relay of this process."""

    @classmethod
    async def connect(cls, url: str, size: int = 8, masters: MasterKeys | None = None) -> "Database":
        """Open the pool. Connections are made when needed; PostgreSQL may still be down.

        `masters` are the keys below which columns are sealed, where the database has such.
        """
        return cls(Pool(url, size, SESSION), Vault(masters, url) if masters else None)

    async def close(self) -> None:
        """Give all connections back."""
        await self._pool.close()

    @property
    def used(self) -> int:
        """Connections that transactions hold now."""
        return self._pool.used

    async def ping(self) -> None:
        """Fail unless PostgreSQL answers."""
        connection = self._pool.free() or await self._pool.wait(PING_S)
        try:
            await connection.execute("SELECT 1")
        finally:
            self._pool.give_back(connection)

    def transaction(self, principal: Principal, *, read_only: bool = False) -> AbstractAsyncContextManager[Tx]:
        """A transaction in which only the principal's tenant exists. It commits unless an error leaves the block.

        It takes a connection when it first needs one.
        """
        tx = Tx(self._pool, self._together, self._group_commit, principal, read_only=read_only)
        if self._vault is not None:
            tx.vault = self._vault
        return _Transaction(self._pool, self.committed, tx)


class _Transaction(AbstractAsyncContextManager[Tx]):
    """A class and not a generator: it is entered and left with every call."""

    __slots__ = ("_committed", "_pool", "_tx")

    def __init__(self, pool: Pool, committed: asyncio.Event, tx: Tx) -> None:
        self._pool = pool
        self._committed = committed
        self._tx = tx

    async def __aenter__(self) -> Tx:
        return self._tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self._end(error)
        except LOST as lost:
            raise Unavailable from lost
        except asyncpg.ReadOnlySQLTransactionError as standby:
            if self._tx.read_only:
                raise  # it is we who asked for that
            raise Unavailable from standby
        finally:
            self._tx.give_back()
        if self._tx.events and error is None:
            self._committed.set()

    async def _end(self, error: BaseException | None) -> None:
        """Commit, or roll back for the sake of the error; raise what is to be told."""
        if error is None:
            try:
                await self._tx.finish()
                return
            except BaseException as failure:
                error = failure
        await self._tx.abandon(error)
        if isinstance(error, OUTDATED):
            self._pool.outdate()
        raise error
