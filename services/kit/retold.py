"""Lists that are asked for again: the JSON of a row that was told before is told again while the row is what it was.

A row is what it was if its version and the transaction that wrote it (`xmin`) are, and the transaction that wrote its
data key: what a list shows of a row is made of nothing else. All this is asked of PostgreSQL each time, with which
rows are in sight and in which order; only what they say need not be read, opened and written anew.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Integer, Table, literal_column, select

from services.kit.sealing import Sealing
from services.kit.tables import data_keys
from services.kit.vault import REMEMBER_S

ROW, VERSION, KEY = "row_stamp", "version_stamp", "key_stamp"
MOST_ROWS = 8192
MOST_LISTS = 1024
"""Of a whole process; what was told first goes first."""

Stamp = tuple[Any, ...]


def stamps(table: Table, sealing: Sealing | None) -> tuple[ColumnElement[Any], ...]:
    """The columns by which a row is known to be what it was."""
    row: ColumnElement[Any] = literal_column(f"{table.name}.xmin").label(ROW)
    version: ColumnElement[Any] = table.c["version"] if "version" in table.c else literal_column("0", Integer)
    if sealing is None:
        return row, version.label(VERSION)
    same = (data_keys.c.tenant_id == table.c.tenant_id) & (data_keys.c.id == table.c[sealing.key])
    key = select(literal_column("data_keys.xmin")).where(same).scalar_subquery()
    return row, version.label(VERSION), key.label(KEY)


class Retold:
    """What a process told of rows lately, and in which lists, by the marks of their askers and conditions.

    It is remembered no longer than an unwrapped key is.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[object, UUID, UUID], tuple[Stamp, orjson.Fragment]] = {}
        self._lists: dict[bytes, None] = {}
        self._forgetting: asyncio.TimerHandle | None = None

    def again(self, mark: bytes) -> bool:
        """Whether this list was told before, so that most of its rows may be known."""
        if mark in self._lists:
            return True
        _make_room(self._lists, MOST_LISTS)
        self._lists[mark] = None
        return False

    def told(self, by: object, tenant_id: UUID, row: Mapping[str, Any]) -> orjson.Fragment | None:
        """What the list `by` told of the tenant's row, if it still is what it was.

        Whose row it is counts: callers may choose ids that others have.
        """
        known = self._rows.get((by, tenant_id, row["id"]))
        return known[1] if known is not None and known[0] == _stamp(row) else None

    def keep(self, by: object, tenant_id: UUID, row: Mapping[str, Any], told: bytes) -> orjson.Fragment:
        """Remember what the list `by` tells of the tenant's row."""
        _make_room(self._rows, MOST_ROWS)
        if self._forgetting is None:
            self._forgetting = asyncio.get_running_loop().call_later(REMEMBER_S, self._forget)
        fragment = orjson.Fragment(told)
        self._rows[by, tenant_id, row["id"]] = _stamp(row), fragment
        return fragment

    def _forget(self) -> None:
        self._rows.clear()
        self._lists.clear()
        self._forgetting = None


def _make_room(remembered: dict[Any, Any], most: int) -> None:
    while len(remembered) >= most:
        del remembered[next(iter(remembered))]


def _stamp(row: Mapping[str, Any]) -> Stamp:
    return row[ROW], row[VERSION], row.get(KEY)
