"""One open transaction: one tenant, one principal, one instant; rows, outbox and idempotency answer commit together."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg import Record

from services.kit import onetrip, telemetry
from services.kit.errors import Unavailable
from services.kit.group_commit import GroupCommit, Write
from services.kit.outages import LOST
from services.kit.outbox import Answer, Entry, Message, inserts
from services.kit.pool import Pool
from services.kit.principal import Principal
from services.kit.shielding import shielded
from services.kit.sql import Query
from services.kit.together import ALONE, Together
from services.kit.vault import DataKey, Vault
from services.kit.visibility import signature, whose

ENDING_S = 12
"""For a COMMIT or ROLLBACK: longer than the server's own limit of a statement, for a server that is out of reach."""


class Tx:
    """One open transaction. Whoever opened it ends it: operations never commit.

    PostgreSQL hears of it as late as it can: rows that are only inserted, events and the answer go
    in one statement at the end, and a read that is one statement is sent alone (see onetrip).
    """

    __slots__ = (
        "_begun",
        "_bound",
        "_connection",
        "_group_commit",
        "_pool",
        "_presumed",
        "_together",
        "_waiting",
        "answer",
        "caller",
        "deadline",
        "entries",
        "events",
        "if_match",
        "if_refused",
        "key",
        "keys",
        "may_presume",
        "now",
        "principal",
        "read_only",
        "sources",
        "takes_json",
        "token",
        "vault",
    )

    vault: Vault
    """Where the keys of sealed columns are; only where the database was given one."""

    def __init__(
        self, pool: Pool, together: Together, group: GroupCommit, principal: Principal, *, read_only: bool
    ) -> None:
        self._pool = pool
        self._together = together
        self._group_commit = group
        self._connection: Any = None
        self._begun = False
        self._waiting: list[tuple[Query, list[Any]]] = []
        self._presumed: list[tuple[Query, list[Any]]] = []
        self.may_presume = False
        """Whether the work is done once more, without presuming, where something presumed was not so."""
        self.principal = principal
        self.read_only = read_only
        self.now = datetime.now(UTC)
        self.events: list[Message] = []
        self.entries: list[Entry] = []
        self.answer: Answer | None = None
        self.if_match: int | None = None
        self.if_refused: Callable[[Tx], Awaitable[None]] | None = None
        """What is done in a transaction of its own, with the same key, once the command was refused (see rpc)."""
        self.deadline: float | None = None
        self.takes_json = False
        """Whether the answer may be JSON."""
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
        connection = await self.connected()
        with telemetry.statement(query.label, text):
            rows: list[Record] = await connection.fetch(text, *arguments)
        return rows

    async def fetch_one(self, query: Query, **values: Any) -> Record | None:
        """The first row, if any."""
        text, arguments = await self._prepared(query, values)
        connection = await self.connected()
        with telemetry.statement(query.label, text):
            row: Record | None = await connection.fetchrow(text, *arguments)
        return row

    async def find(self, query: Query, several: Query, identity: UUID) -> Record | Mapping[str, Any] | None:
        """The row of that `id`, if any; `several` finds those of `ids`, where others read at the same moment."""
        # A request that is traced has its statement to itself, and a span of it.
        if self._connection is None and self.read_only and several.alone and not telemetry.recording():
            found = await self._together.find(several, self, identity)
            if found is not ALONE:
                return found
        return await self.fetch_one(query, id=identity)

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

    async def write(self, query: Query, **values: Any) -> None:
        """Insert or update rows before the next statement or at the end, with what waits; never rows of what waits."""
        if not self._begun or any(waiting is query for waiting, _ in self._waiting):
            await self.begin()  # what waits may go as one statement, which must not change a row twice
        self._waiting.append((query, query.arguments(self._bound | values)))

    def presume(self, query: Query, **values: Any) -> None:
        """Take for granted what `query` sees to with the last statement of the transaction, sparing a trip.

        It selects a function of PostgreSQL that fails as Mistaken where that is not so; its parameter `turns`, if it
        has one, lists turns that it takes (see begin). Only if `may_presume`.
        """
        assert self.may_presume
        self._presumed.append((query, query.arguments(self._bound | values)))

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

    async def begin(self, turns: Iterable[int] = (), *, lifted: bool = False) -> None:
        """Open the transaction in PostgreSQL too, and hand over what was waiting.

        `turns` are numbers of the caller's choice (64 bits, signed): each is waited for until no other transaction
        that took it is under way. What is read afterwards sees what those have done.
        `lifted`: with the same trip, reach rows that are exclusive to others, until visibility.RESTORE.
        """
        connection = await self.connected()
        wait = "".join(f"; SELECT pg_advisory_xact_lock({turn})" for turn in sorted(set(turns)))
        if lifted:
            wait += "; SET LOCAL app.me = '*'"
        if not self._begun:
            self._begun = True
            await connection.execute(_begin(self.principal, self.read_only) + wait)
        elif wait:
            await connection.execute(wait.removeprefix("; "))
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for query, arguments in waiting:
                await connection.execute(query.text, *arguments)

    async def join_by_hash(self) -> None:
        """Have each further statement join without comparing each row with each, at the price of two round trips.

        For joins of much to much: of a tenant who is new PostgreSQL knows nothing, and plans as if there was nothing.
        """
        await self.begin()
        await self._connection.execute("SET LOCAL enable_nestloop = off")

    async def finish(self) -> None:
        """Commit. Only `Database.transaction` calls it."""
        rows = [(one.text if self._begun else onetrip.from_source(one.text), given) for one, given in self._waiting]
        left = [*((query.text, arguments) for query, arguments in self._presumed), *rows, *inserts(self)]
        if self._begun:
            if left:
                await self._send(left)
            await self._end(self._connection.execute("COMMIT"))
        elif left and (self._connection is not None or telemetry.recording()):
            await self.connected()
            await self._end(self._send(left))
        elif left:
            write = Write(*onetrip.joined(whose(self.principal), left), self._turns())
            await self._end(self._group_commit.commit(self.principal.tenant_id, write))

    async def abandon(self, error: BaseException) -> None:
        """Roll back. Only `Database.transaction` calls it."""
        if self._connection is None:
            return
        if self._begun:
            ending = "ROLLBACK"
        elif isinstance(error, asyncio.CancelledError | TimeoutError):
            ending = "SELECT 1"  # a statement may be being cancelled: the next transaction is not to wait for that
        else:
            return
        # What is told is why we are here, whatever the end of it met. A connection that broke is not even to be asked
        # whether it is closed; one that is still within the transaction is not used again.
        with suppress(Unavailable, asyncpg.PostgresError, *LOST):
            if not self._connection.is_closed():
                await self._end(self._connection.execute(ending))

    async def _end(self, work: Awaitable[Any]) -> None:
        """Do the last statement. Refused: UNAVAILABLE if nobody answers; the connection is given up then."""
        try:
            await shielded(work, ENDING_S)
        except TimeoutError as error:
            self._begun = False  # there is nothing left to roll back
            if self._connection is not None:
                self._connection.terminate()
            raise Unavailable from error

    async def connected(self) -> Any:
        """The connection, taken when it is first needed. Refused: UNAVAILABLE if none is to be had."""
        if self._connection is None:
            self._connection = await self._pool.take()
        return self._connection

    def give_back(self) -> None:
        """Let the next transaction have the connection. Only `Database.transaction` calls it."""
        if self._connection is not None:
            self._pool.give_back(self._connection)

    def apart(self, query: Query, values: dict[str, Any]) -> tuple[str, list[Any]]:
        """A statement that can be sent alone, and its arguments, as this transaction sends it."""
        assert query.alone
        text, place = query.alone
        arguments = query.arguments(self._bound | values)
        arguments[place] = whose(self.principal)
        return text, arguments

    async def _prepared(self, query: Query, values: dict[str, Any]) -> tuple[str, list[Any]]:
        if not self._begun and self.read_only and query.alone:
            return self.apart(query, values)
        await self.begin()
        return query.text, query.arguments(self._bound | values)

    def _turns(self) -> tuple[int, ...]:
        """Where turns stand among the arguments of what is presumed, which come first."""
        names = (name for query, _ in self._presumed for name in query.names)
        return tuple(place for place, name in enumerate(names, 1) if name == "turns")

    async def _send(self, parts: list[tuple[str, list[Any]]]) -> None:
        text, arguments = onetrip.joined(whose(self.principal), parts)
        with telemetry.statement("write", text):
            await self._connection.execute(text, *arguments)


def _begin(principal: Principal, read_only: bool) -> str:
    # One round trip. The settings are local to the transaction: the next one on this connection starts without.
    mode = " READ ONLY" if read_only else ""
    me = signature(principal)
    return f"BEGIN{mode}; SET LOCAL app.tenant = '{principal.tenant_id}'; SET LOCAL app.me = '{me}'"
