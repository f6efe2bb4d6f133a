"""Transactions: one tenant, one principal, one instant; rows, outbox and idempotency answer commit together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from asyncpg import Record

from services.kit import telemetry
from services.kit.errors import Unavailable
from services.kit.outbox import Message, flush
from services.kit.principal import Principal
from services.kit.sql import Query

SESSION = {
    "statement_timeout": "10s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "15s",
    "transaction_timeout": "30s",
    "client_connection_check_interval": "1s",
    "application_name": "dealtrail",
    "jit": "off",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command will answer to every repetition of its key."""

    method: str
    key: str
    request_hash: bytes
    body: bytes


class Tx:
    """One open transaction. Whoever opened it ends it: operations never commit."""

    __slots__ = (
        "_bound",
        "_connection",
        "answer",
        "caller",
        "deadline",
        "events",
        "if_match",
        "key",
        "now",
        "principal",
        "token",
    )

    def __init__(self, connection: Any, principal: Principal) -> None:
        self._connection = connection
        self.principal = principal
        self.now = datetime.now(UTC)
        self.events: list[Message] = []
        self.answer: Answer | None = None
        self.if_match: int | None = None
        self.deadline: float | None = None
        self.token = ""
        self.key = ""
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
        with telemetry.statement(query.label, query.text):
            rows: list[Record] = await self._connection.fetch(query.text, *query.arguments(self._bound | values))
        return rows

    async def fetch_one(self, query: Query, **values: Any) -> Record | None:
        """The first row, if any."""
        with telemetry.statement(query.label, query.text):
            row: Record | None = await self._connection.fetchrow(query.text, *query.arguments(self._bound | values))
        return row

    async def fetch_value(self, query: Query, **values: Any) -> Any:
        """The first column of the first row, or None."""
        row = await self.fetch_one(query, **values)
        return row[0] if row else None

    async def execute(self, query: Query, **values: Any) -> int:
        """Run it; how many rows it touched."""
        with telemetry.statement(query.label, query.text):
            status = await self._connection.execute(query.text, *query.arguments(self._bound | values))
        return int(status.rpartition(" ")[2])

    async def execute_many(self, query: Query, rows: list[Mapping[str, Any]]) -> None:
        """Run it once a row, pipelined."""
        with telemetry.statement(query.label, query.text):
            await self._connection.executemany(query.text, [query.arguments(self._bound | dict(row)) for row in rows])

    async def savepoint(self, name: str) -> None:
        """Mark a point to which `rollback_to` can return."""
        await self._connection.execute(f"SAVEPOINT {name}")

    async def rollback_to(self, name: str) -> None:
        """Undo what came after the savepoint."""
        await self._connection.execute(f"ROLLBACK TO SAVEPOINT {name}")

    def emit(self, event: Any, aggregate: Any, occurred_at: datetime | None = None, seen_as: Any = None) -> None:
        """Say that `event` (a protobuf message) is a fact about `aggregate` once this transaction commits.

        `occurred_at` is when it happened, if not now. The aggregate's id, version, owner_id and
        team_id go into the event's headers; `seen_as` is the row whose owner decides, for an
        aggregate that is seen with its parent.
        """
        self.events.append(Message(self, event, aggregate, occurred_at or self.now, seen_as or aggregate))

    async def _flush(self) -> None:
        if self.events or self.answer:
            with telemetry.statement("outbox", ""):
                await flush(self._connection, self)


class Database:
    """The service's own database, as the role that owns no table and passes no row-level security."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.committed = asyncio.Event()
        """Set after each commit that left events: wakes the relay of this process."""

    @classmethod
    async def connect(cls, url: str, size: int = 8) -> "Database":
        """Open the pool. Connections are made when needed; PostgreSQL may still be down."""
        pool = asyncpg.create_pool(
            url,
            min_size=0,
            max_size=size,
            init=_prepare,
            reset=_no_reset,
            server_settings=SESSION,
            timeout=5,
            max_inactive_connection_lifetime=1800,
        )
        await pool
        return cls(pool)

    async def close(self) -> None:
        """Give all connections back."""
        await self._pool.close()

    async def ping(self) -> None:
        """Fail unless PostgreSQL answers."""
        async with self._pool.acquire(timeout=2) as connection:
            await connection.execute("SELECT 1")

    @asynccontextmanager
    async def transaction(self, principal: Principal, *, read_only: bool = False) -> AsyncIterator[Tx]:
        """A transaction in which only the principal's tenant exists. It commits unless an error leaves the block."""
        async with self._connection() as connection:
            await connection.execute(_begin(principal.tenant_id, read_only))
            tx = Tx(connection, principal)
            try:
                yield tx
                await tx._flush()
            except BaseException:
                await _end(connection, "ROLLBACK")
                raise
            if read_only:
                await connection.execute("COMMIT")
            else:
                await _end(connection, "COMMIT")
        if tx.events:
            self.committed.set()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            connection = await self._pool.acquire(timeout=3)
        except (TimeoutError, OSError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
            raise Unavailable from error
        try:
            yield connection
        finally:
            await self._pool.release(connection)


def _begin(tenant_id: UUID, read_only: bool) -> str:
    # One round trip. The setting is local to the transaction: the next one on this connection starts without.
    mode = " READ ONLY" if read_only else ""
    return f"BEGIN{mode}; SET LOCAL app.tenant = '{tenant_id}'"


async def _end(connection: Any, word: str) -> None:
    """COMMIT or ROLLBACK, to its end even if the caller has gone: a cancelled commit may be a commit all the same."""
    if connection.is_closed():
        return
    ending = asyncio.ensure_future(connection.execute(word))
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
