"""Connections to one database, made when they are needed and handed from one transaction straight to the next.

asyncpg's own pool was measured to cost half as much as the statement between: a task, a timeout and a proxy for each
acquisition. Here a connection that is free is taken without waiting. Nothing is reset when one comes back: settings
are local to transactions (see onetrip), and whatever comes back within a transaction is closed.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import asyncpg
import orjson

from services.kit import gauges
from services.kit.errors import Unavailable
from services.kit.outages import LOST

ACQUIRE_S = 3
CONNECT_S = 5.0
IDLE_S = 1800
"""So long a connection may lie unused before it is closed."""
LOOK_S = 60
"""From one look for such connections to the next."""
STATEMENTS = 1024
"""Prepared statements that a connection keeps."""
NO_CONNECTION = (TimeoutError, OSError, *LOST)
OUTDATED = (
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    asyncpg.ReadOnlySQLTransactionError,  # the server has become a standby: the address may lead to another by now
)
"""After these no connection that was made before is used again."""


class Pool:
    """At most `size` connections; the one used last is taken first, so that the others can be let go."""

    def __init__(self, url: str, size: int, settings: Mapping[str, str]) -> None:
        self._url = url
        self._size = size
        self._settings = dict(settings)
        self._made = 0
        self._idle: list[tuple[Any, float]] = []
        """Those that are free, and since when, in the order of their coming back."""
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._current: set[Any] = set()
        """Those that may be used again."""
        self._looking: asyncio.TimerHandle | None = None
        self._closed = False
        self._returned = asyncio.Event()

    @property
    def used(self) -> int:
        """Connections that somebody holds now, or that are being made for somebody."""
        return self._made - len(self._idle)

    async def take(self) -> Any:
        """A connection for a transaction. Refused: UNAVAILABLE if none is to be had in ACQUIRE_S seconds."""
        if (connection := self.free()) is not None:
            return connection
        try:
            return await self.wait(ACQUIRE_S)
        except NO_CONNECTION as error:
            gauges.POOL_TIMEOUTS.inc()
            raise Unavailable from error

    def free(self) -> Any | None:
        """A connection that is free at this moment; None if the caller has to `wait` for one."""
        while self._idle:
            connection, _ = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._lost(connection)
        return None

    async def wait(self, seconds: float) -> Any:
        """A connection, made or given back within that time. Raises TimeoutError, or what hinders connecting."""
        async with asyncio.timeout(seconds):
            while True:
                if self._closed:
                    raise ConnectionError("the pool is closed")
                if (connection := self.free()) is not None:
                    return connection
                if self._made < self._size:
                    return await self._make()
                if (connection := await self._given()) is not None:
                    return connection

    def give_back(self, connection: Any) -> None:
        """Let the next have it. One that is still within a transaction is closed: nobody may go on with that."""
        if connection.is_closed() or connection not in self._current or connection.is_in_transaction():
            connection.terminate()
            self._lost(connection)
        elif not self._hand(connection):
            self._idle.append((connection, time.monotonic()))
            self._returned.set()
            if self._looking is None and not self._closed:
                self._looking = asyncio.get_running_loop().call_later(LOOK_S, self._let_go)

    def outdate(self) -> None:
        """Use no connection again that was made before: what it remembers of the schema is no longer so."""
        self._current.clear()
        for connection, _ in self._idle:
            connection.terminate()

    async def close(self) -> None:
        """Wait for those who hold a connection, then close all."""
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
        while self._hand(None):
            pass  # they wake up and find it closed
        while self.used:
            self._returned.clear()
            await self._returned.wait()
        while self._idle:
            connection, _ = self._idle.pop()
            await connection.close()

    async def _make(self) -> Any:
        self._made += 1
        try:
            connection = await asyncpg.connect(
                self._url, timeout=CONNECT_S, statement_cache_size=STATEMENTS, server_settings=self._settings
            )
            await _teach_json(connection)
        except BaseException:
            self._lost(None)
            raise
        self._current.add(connection)
        return connection

    async def _given(self) -> Any | None:
        """What the next who gives back hands over; None if there is merely room for another connection."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():  # we were given it, and leave all the same
                connection = waiter.result()
                self.give_back(connection) if connection is not None else self._hand(None)
            raise

    def _hand(self, connection: Any | None) -> bool:
        """Hand a connection, or the room for one, to whoever has waited longest; whether there was somebody."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return True
        return False

    def _lost(self, connection: Any | None) -> None:
        """One connection less."""
        self._made -= 1
        self._current.discard(connection)
        self._returned.set()
        self._hand(None)

    def _let_go(self) -> None:
        """Close what nobody has used for long."""
        before = time.monotonic() - IDLE_S
        while self._idle and self._idle[0][1] < before:
            connection, _ = self._idle.pop(0)
            connection.terminate()
            self._lost(connection)
        again = asyncio.get_running_loop().call_later(LOOK_S, self._let_go) if self._idle else None
        self._looking = again


async def _teach_json(connection: Any) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, schema="pg_catalog", encoder=lambda v: orjson.dumps(v).decode(), decoder=orjson.loads, format="text"
        )
