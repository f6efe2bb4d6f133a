"""Transactions that are one statement each and end at the same moment, in one commit.

A commit is a flush and a round trip, however little it holds. The first who ends has the writes depart when all that is
due in the loop by then has run: nobody waits for a clock. While as many are under way as may be, those that come
gather. What is shared is the commit: each write is an execution of its own, which sets its own tenant and asker before
it writes (see onetrip). Only those of one tenant share, for whoever waits for a turn holds up those beside him; and the
first execution takes the turns of all, in their order, so that no two groups wait for each other.

An execution that fails undoes them all. Then each is done alone, and is told what becomes of that.
"""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import asyncpg

from services.kit.errors import Unavailable
from services.kit.outages import LOST
from services.kit.pool import OUTDATED, Pool

TRIPS = 2
"""Commits of one statement and tenant under way at a time: one is prepared while another is flushed."""
LARGEST = 64
"""Writes in one commit."""
LONGEST_S = 12
"""For the answer: longer than the server's own limit of a statement, for a server that is out of reach."""

Key = tuple[str, UUID]
"""The statement and the tenant."""


class Write:
    """A transaction that is one statement. `turns` are the places of arguments that list turns (see Tx.begin)."""

    __slots__ = ("arguments", "outcome", "text", "turns")

    def __init__(self, text: str, arguments: list[Any], turns: tuple[int, ...]) -> None:
        self.text = text
        self.arguments = arguments
        self.turns = turns
        self.outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class GroupCommit:
    """The commits of one database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: dict[Key, list[Write]] = {}
        self._trips = Counter[Key]()
        self._under_way: set[asyncio.Task[None]] = set()

    def commit(self, tenant_id: UUID, write: Write) -> "asyncio.Future[None]":
        """Do it and commit; what becomes of it. Cancelled before it is on its way, it is not done; later, it is.

        Refused: UNAVAILABLE if there is no connection or no answer; raises what PostgreSQL says of this write.
        """
        key = (write.text, tenant_id)
        if (waiting := self._waiting.get(key)) is not None:
            waiting.append(write)
        else:
            self._waiting[key] = [write]
            asyncio.get_running_loop().call_soon(self._depart, key)
        return write.outcome

    def _depart(self, key: Key) -> None:
        """Let those go that wait, unless enough are under way."""
        if self._trips[key] >= TRIPS or key not in self._waiting:
            return
        waiting = [one for one in self._waiting.pop(key) if not one.outcome.done()]
        if len(waiting) > LARGEST:
            self._waiting[key] = waiting[LARGEST:]
        if not waiting:
            return
        self._trips[key] += 1
        task = asyncio.get_running_loop().create_task(self._carry(key, waiting[:LARGEST]))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        self._depart(key)

    async def _carry(self, key: Key, writes: list[Write]) -> None:
        try:
            if len(writes) == 1:
                await self._do_alone(writes[0])
            elif not await self._done_together(writes):
                await asyncio.gather(*map(self._do_alone, writes))
        finally:
            for one in writes:
                one.outcome.cancel()  # those that nobody has told anything: the process ends
            self._trips[key] -= 1
            if not self._trips[key]:
                del self._trips[key]
            self._depart(key)

    async def _done_together(self, writes: list[Write]) -> bool:
        """Whether it is known what became of them all."""
        try:
            await self._send(writes[0].text, _in_turn(writes))
        except (asyncpg.InterfaceError, asyncpg.PostgresError) as error:
            if isinstance(error, OUTDATED):
                self._pool.outdate()
            if isinstance(error, LOST) and not isinstance(error, asyncpg.InterfaceError):
                _tell(writes, Unavailable)  # they may be committed: nobody does them again
                return True
            return False
        except (Unavailable, *LOST):
            _tell(writes, Unavailable)
        else:
            _tell(writes)
        return True

    async def _do_alone(self, write: Write) -> None:
        try:
            await self._send(write.text, [write.arguments])
        except Exception as error:
            if not write.outcome.done():
                write.outcome.set_exception(error)
        else:
            _tell([write])

    async def _send(self, text: str, sets: list[list[Any]]) -> None:
        connection = await self._pool.take()
        try:
            if len(sets) == 1:
                await connection.execute(text, *sets[0], timeout=LONGEST_S)
            else:
                await connection.executemany(text, sets, timeout=LONGEST_S)
        except BaseException as error:
            if not isinstance(error, asyncpg.PostgresError):
                connection.terminate()  # it may still be at work
            if isinstance(error, TimeoutError):
                raise Unavailable from error
            raise
        finally:
            self._pool.give_back(connection)


def _in_turn(writes: list[Write]) -> list[list[Any]]:
    """Their arguments; the first takes the turns of all."""
    sets = [write.arguments for write in writes]
    for place in writes[0].turns:
        sets[0] = [*sets[0][:place], sorted({turn for one in sets for turn in one[place]}), *sets[0][place + 1 :]]
    return sets


def _tell(writes: list[Write], refusal: type[Unavailable] | None = None) -> None:
    """Let those who have no answer yet go on."""
    for one in writes:
        if one.outcome.done():
            continue
        if refusal:
            one.outcome.set_exception(refusal())
        else:
            one.outcome.set_result(None)
