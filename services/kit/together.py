"""Reads by id that wait at the same moment, in one round trip, whoever asks.

A round trip costs both sides more than the row that it fetches. The first who asks has the reads depart when all that
is due in the loop by then has run: nobody waits for a clock, and calls that came in one request (see serving) ask in
the same turn. What is shared is the trip: the part of each principal is an execution of its own, which sets its own
tenant and asker before it reads (see onetrip) and says whose its rows are. One execution for all would not do, for
row-level security reads its settings once an execution. They last until the end of the trip, so the order matters here
that onetrip speaks of; and what is read is bound to each one's tenant and sight by its conditions besides.
"""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg

from services.kit import onetrip
from services.kit.errors import Unavailable
from services.kit.pool import OUTDATED, Pool
from services.kit.principal import Principal
from services.kit.sql import Query

Row = Mapping[str, Any]

LONGEST_S = 12
"""For the answer: longer than the server's own limit of a statement, for a server that is out of reach."""


ALONE: Row = MappingProxyType({})
"""There was no company, or it came to nothing: read by yourself."""


class _Asker:
    """Who asks for which row, and what becomes of it."""

    __slots__ = ("answer", "identity", "tx")

    def __init__(self, tx: Any, identity: UUID, answer: "asyncio.Future[Row | None]") -> None:
        self.tx = tx
        self.identity = identity
        self.answer = answer


Group = dict[UUID, _Asker]
"""Askers of one principal, each for another row: one execution."""


class Together:
    """The reads by id of one database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: dict[Query, list[_Asker]] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def find(self, query: Query, tx: Any, identity: UUID) -> Row | None:
        """The row of that id which exists for the transaction's principal, if any.

        `query` finds those of `ids`, and can be sent alone. ALONE for whoever is better served alone.
        Refused: UNAVAILABLE if there is no connection.
        """
        loop = asyncio.get_running_loop()
        asker = _Asker(tx, identity, loop.create_future())
        if query in self._waiting:
            self._waiting[query].append(asker)
        else:
            self._waiting[query] = [asker]
            loop.call_soon(self._depart, query)
        return await asker.answer

    def _depart(self, query: Query) -> None:
        askers = [one for one in self._waiting.pop(query) if not one.answer.done()]
        if len(askers) < 2:
            _tell(askers, ALONE)
            return
        task = asyncio.get_running_loop().create_task(self._carry(query, askers))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _carry(self, query: Query, askers: list[_Asker]) -> None:
        """Answer them. Whoever goes away meanwhile does not end it for the others."""
        groups = _groups(askers)
        try:
            for row in await self._fetched(query, groups):
                found = dict(row.items())
                answer = groups[found.pop(onetrip.ASKER)][found["id"]].answer
                if not answer.done():
                    answer.set_result(found)
            _tell(askers, None)
        except Unavailable as error:
            _tell(askers, error)
        except Exception as error:
            # One's fault is not the others': each reads again, and is told what becomes of that.
            if isinstance(error, OUTDATED):
                self._pool.outdate()
        finally:
            _tell(askers, ALONE)

    async def _fetched(self, query: Query, groups: Sequence[Group]) -> list[asyncpg.Record]:
        text, sets = "", []
        for number, group in enumerate(groups):
            asker = next(iter(group.values()))
            apart, arguments = asker.tx.apart(query, {"ids": list(group)})
            text = onetrip.marked(apart, len(arguments) + 1)
            sets.append([*arguments, number])
        connection = await self._pool.take()
        try:
            rows: list[asyncpg.Record] = await connection.fetchmany(text, sets, timeout=LONGEST_S)
        except BaseException as error:
            if not isinstance(error, asyncpg.PostgresError):
                connection.terminate()  # it may still be at work
            raise
        finally:
            self._pool.give_back(connection)
        return rows


def _groups(askers: list[_Asker]) -> list[Group]:
    """One group a principal; more where two ask for the same row, for no two share what they are given."""
    groups: list[Group] = []
    latest: dict[Principal, Group] = {}
    for one in askers:
        group = latest.get(one.tx.principal)
        if group is None or one.identity in group:
            group = latest[one.tx.principal] = {}
            groups.append(group)
        group[one.identity] = one
    return groups


def _tell(askers: list[_Asker], outcome: Row | Unavailable | None) -> None:
    """Let those who have no answer yet go on."""
    for one in askers:
        if one.answer.done():
            continue
        if isinstance(outcome, Unavailable):
            one.answer.set_exception(Unavailable())
        else:
            one.answer.set_result(outcome)
