"""Transactions: one tenant, one principal, one instant; rows, outbox and idempotency answer commit together."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from asyncpg import Record

from services.kit import gauges, onetrip, telemetry
from services.kit.errors import Unavailable
from services.kit.outbox import Entry, Message, inserts
from services.kit.principal import Principal
from services.kit.sql import Query
from services.kit.vault import DataKey, MasterKeys, Vault

SESSION = {
    "statement_timeout": "10s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "15s",
    "transaction_timeout": "30s",
    "client_connection_check_interval": "1s",
    "application_name": "dealtrail",
    "jit": "off",
}
GONE = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
)
"""The server went away under a transaction, or has no room left: the same may be tried again, whoever asked."""
ENDING_S = 12
"""For a COMMIT or ROLLBACK: longer than the server's own limit of a statement, for a server that is out of reach."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command will answer to every repetition of its key."""

    method: str
    key: str
    request_hash: bytes
    body: bytes


class Tx:
    """One open transaction. Whoever opened it ends it: operations never commit.

    PostgreSQL hears of it as late as it can: rows that are only inserted, events and the answer go
    in one statement at the end, and a read that is one statement is sent alone (see onetrip).
    """

    __slots__ = (
        "_begun",
        "_bound",
        "_connection",
        "_waiting",
        "answer",
        "caller",
        "deadline",
        "entries",
        "events",
        "if_match",
        "key",
        "keys",
        "now",
        "principal",
        "read_only",
        "sources",
        "token",
        "vault",
    )

    vault: Vault
    """Where the keys of sealed columns are; only where the database was given one."""

    def __init__(self, connection: Any, principal: Principal, *, read_only: bool) -> None:
        self._connection = connection
        self._begun = False
        self._waiting: list[tuple[Query, list[Any]]] = []
        self.principal = principal
        self.read_only = read_only
        self.now = datetime.now(UTC)
        self.events: list[Message] = []
        self.entries: list[Entry] = []
        self.answer: Answer | None = None
        self.if_match: int | None = None
        self.deadline: float | None = None
        self.token = ""
        self.key = ""
        self.keys: dict[UUID, DataKey] = {}
        """The data keys that this transaction has come by."""
        self.sources: dict[UUID, Any] = {}
        """What the terms of rows were made of that this transaction has read (see services/kit/terms.py)."""
        self.caller = ""
        """The service of ours that calls as a step of its own command; "" for the gateway, which never passes it on."""
        self._bound = {
            "tenant_id": principal.tenant_id,
            "me": principal.user_id,
            "teams": principal.teams,
            "now": self.now,
        }

    async def fetch(self, query: Query, **values: Any) -> list[Record]:
        """All rows."""
        text, arguments = await self._prepared(query, values)
        with telemetry.statement(query.label, text):
            rows: list[Record] = await self._connection.fetch(text, *arguments)
        return rows

    async def fetch_one(self, query: Query, **values: Any) -> Record | None:
        """The first row, if any."""
        text, arguments = await self._prepared(query, values)
        with telemetry.statement(query.label, text):
            row: Record | None = await self._connection.fetchrow(text, *arguments)
        return row

    async def fetch_value(self, query: Query, **values: Any) -> Any:
        """The first column of the first row, or None."""
        row = await self.fetch_one(query, **values)
        return row[0] if row else None

    async def execute(self, query: Query, **values: Any) -> int:
        """Run it; how many rows it touched."""
        await self.begin()
        with telemetry.statement(query.label, query.text):
            status = await self._connection.execute(query.text, *query.arguments(self._bound | values))
        return int(status.rpartition(" ")[2])

    async def execute_many(self, query: Query, rows: list[Mapping[str, Any]]) -> None:
        """Run it once a row, pipelined."""
        await self.begin()
        with telemetry.statement(query.label, query.text):
            await self._connection.executemany(query.text, [query.arguments(self._bound | dict(row)) for row in rows])

    async def insert(self, query: Query, **values: Any) -> None:
        """Insert one row (see sql.insert_row): before the next statement, at the latest at the end."""
        self._waiting.append((query, query.arguments(self._bound | values)))

    async def savepoint(self, name: str) -> None:
        """Mark a point to which `rollback_to` can return."""
        await self.begin()
        await self._connection.execute(f"SAVEPOINT {name}")

    async def rollback_to(self, name: str) -> None:
        """Undo what came after the savepoint."""
        self._waiting.clear()
        await self._connection.execute(f"ROLLBACK TO SAVEPOINT {name}")

    def emit(self, event: Any, aggregate: Any, occurred_at: datetime | None = None, seen_as: Any = None) -> None:
        """Say that `event` (a protobuf message) is a fact about `aggregate` once this transaction commits.

        `occurred_at` is when it happened, if not now. The aggregate's id, version, owner_id and
        team_id go into the event's headers; `seen_as` is the row whose owner decides, for an
        aggregate that is seen with its parent.
        """
        self.events.append(Message(self, event, aggregate, occurred_at or self.now, seen_as or aggregate))

    async def begin(self, turns: Iterable[int] = ()) -> None:
        """Open the transaction in PostgreSQL too, and hand over what was waiting.

        `turns` are numbers of the caller's choice (64 bits, signed): each is waited for until no other transaction
        that took it is under way. What is read afterwards sees what those have done.
        """
        wait = "".join(f"; SELECT pg_advisory_xact_lock({turn})" for turn in sorted(set(turns)))
        if not self._begun:
            self._begun = True
            await self._connection.execute(_begin(self.principal.tenant_id, self.read_only) + wait)
        elif wait:
            await self._connection.execute(wait.removeprefix("; "))
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for query, arguments in waiting:
                await self._connection.execute(query.text, *arguments)

    async def finish(self) -> None:
        """Commit. Only `Database.transaction` calls it."""
        rows = [(onetrip.from_source(query.text), arguments) for query, arguments in self._waiting]
        left = [*rows, *inserts(self)]
        if self._begun:
            if left:
                await self._write(left)
            await self._end(self._connection.execute("COMMIT"))
        elif left:
            await self._end(self._write(left))

    async def abandon(self) -> None:
        """Roll back. Only `Database.transaction` calls it."""
        # What is told is why we are here. A connection that broke is not even to be asked whether it is closed.
        with suppress(Unavailable, asyncpg.InterfaceError):
            if self._begun and not self._connection.is_closed():
                await self._end(self._connection.execute("ROLLBACK"))

    async def _end(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do the last statement. Refused: UNAVAILABLE if nobody answers; the connection is given up then."""
        try:
            await shielded(_within(ENDING_S, work))
        except TimeoutError as error:
            self._begun = False  # there is nothing left to roll back
            self._connection.terminate()
            raise Unavailable from error

    async def _prepared(self, query: Query, values: dict[str, Any]) -> tuple[str, list[Any]]:
        arguments = query.arguments(self._bound | values)
        if not self._begun and self.read_only and query.alone:
            text, place = query.alone
            arguments[place] = str(self.principal.tenant_id)
            return text, arguments
        await self.begin()
        return query.text, arguments

    async def _write(self, parts: list[tuple[str, list[Any]]]) -> None:
        text = onetrip.writing(tuple(text for text, _ in parts), tuple(len(given) for _, given in parts))
        arguments = [one for _, given in parts for one in given]
        with telemetry.statement("write", text):
            await self._connection.execute(text, str(self.principal.tenant_id), *arguments)


class Database:
    """The service's own database, as the role that owns no table and passes no row-level security."""

    def __init__(self, pool: Any, vault: Vault | None = None) -> None:
        self._pool = pool
        self._vault = vault
        self.committed = asyncio.Event()
        """Set after each commit that left events: wakes the relay of this process."""

    @classmethod
    async def connect(cls, url: str, size: int = 8, masters: MasterKeys | None = None) -> "Database":
        """Open the pool. Connections are made when needed; PostgreSQL may still be down.

        `masters` are the keys below which columns are sealed, where the database has such.
        """
        pool = asyncpg.create_pool(
            url,
            min_size=0,
            max_size=size,
            init=_prepare,
            reset=_no_reset,
            server_settings=SESSION,
            timeout=5,
            statement_cache_size=1024,
            max_inactive_connection_lifetime=1800,
        )
        await pool
        return cls(pool, Vault(masters, url) if masters else None)

    async def close(self) -> None:
        """Give all connections back."""
        await self._pool.close()

    @property
    def used(self) -> int:
        """Connections that transactions hold now."""
        return int(self._pool.get_size() - self._pool.get_idle_size())

    async def ping(self) -> None:
        """Fail unless PostgreSQL answers."""
        async with self._pool.acquire(timeout=2) as connection:
            await connection.execute("SELECT 1")

    @asynccontextmanager
    async def transaction(self, principal: Principal, *, read_only: bool = False) -> AsyncIterator[Tx]:
        """A transaction in which only the principal's tenant exists. It commits unless an error leaves the block."""
        async with self._connection() as connection:
            tx = Tx(connection, principal, read_only=read_only)
            if self._vault is not None:
                tx.vault = self._vault
            try:
                yield tx
                await tx.finish()
            except BaseException:
                await tx.abandon()
                raise
        if tx.events:
            self.committed.set()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            connection = await self._pool.acquire(timeout=3)
        except (TimeoutError, OSError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
            gauges.POOL_TIMEOUTS.inc()
            raise Unavailable from error
        try:
            yield connection
        except asyncpg.DataError:
            raise  # an InterfaceError, but of ours
        except GONE as error:
            raise Unavailable from error
        finally:
            await self._pool.release(connection)


def _begin(tenant_id: UUID, read_only: bool) -> str:
    # One round trip. The setting is local to the transaction: the next one on this connection starts without.
    mode = " READ ONLY" if read_only else ""
    return f"BEGIN{mode}; SET LOCAL app.tenant = '{tenant_id}'"


async def _within(seconds: float, work: Coroutine[Any, Any, Any]) -> None:
    async with asyncio.timeout(seconds):
        await work


async def shielded(work: Coroutine[Any, Any, Any]) -> None:
    """Do it to its end even if the caller has gone: a cancelled commit may be a commit all the same."""
    ending = asyncio.ensure_future(work)
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        await asyncio.wait([ending])
        raise


async def _prepare(connection: Any) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, schema="pg_catalog", encoder=lambda v: orjson.dumps(v).decode(), decoder=orjson.loads, format="text"
        )


async def _no_reset(connection: Any) -> None:
    """Nothing to reset: settings are local to transactions, and every transaction is ended by `transaction`."""
