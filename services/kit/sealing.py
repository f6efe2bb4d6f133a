"""Columns of a table that are kept sealed, each row under the data key of whom or what it speaks of.

The sealed columns go, as JSON, into the column `sealed`; their own columns stay empty, and hold
something only in rows that were written before there were keys (see services/kit/backfill.py).
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from asyncpg import Record
from sqlalchemy import Column, ColumnElement, LargeBinary, Select, Table, Uuid, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit.database import Tx
from services.kit.sql import Query, column_values, insert_new_rows, insert_row
from services.kit.tables import data_keys
from services.kit.vault import DataKey, TenantKey

INSERT_KEY = insert_row(data_keys)
INSERT_KEYS = insert_new_rows(data_keys)
WRAPPED = Query(
    select(data_keys.c.wrapped).where(
        data_keys.c.tenant_id == bindparam("tenant_id", type_=Uuid), data_keys.c.id == bindparam("id", type_=Uuid)
    )
)
DESTROY = Query(
    delete(data_keys).where(
        data_keys.c.tenant_id == bindparam("tenant_id", type_=Uuid),
        data_keys.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
    )
)
Mark = Callable[[TenantKey, Mapping[str, Any]], Any]
"""What a mark column holds of a row's sealed fields: None if there is nothing to mark."""


def sealed_column() -> Column[Any]:
    """The column for what is sealed; NULL where there is nothing, or no longer."""
    return Column("sealed", LargeBinary)


class Sealing:
    """Which `fields` of `table` are sealed, by the data key whose id stands in the column `key`.

    `marks` are columns by which rows are found without being opened. `about` is said when sealing
    and when opening; tables that hold copies of each other's rows say the same.
    """

    def __init__(
        self,
        table: Table,
        fields: tuple[str, ...],
        key: str = "id",
        marks: Mapping[str, Mark] | None = None,
        about: str = "",
    ) -> None:
        self.table = table
        self.fields = fields
        self.key = key
        self.marks = marks or {}
        self._about = (about or table.name).encode()
        self._empty: dict[str, Any] = {f: {} if isinstance(table.c[f].type, JSONB) else "" for f in fields}

    def select(self) -> Select[Any]:
        """All columns but the marks, which are for finding and made anew by `seal`; the wrapped key as `data_key`."""
        columns = [column for column in self.table.columns if column.name not in self.marks]
        same = (data_keys.c.tenant_id == self.table.c.tenant_id) & (data_keys.c.id == self.table.c[self.key])
        return select(*columns, select(data_keys.c.wrapped).where(same).scalar_subquery().label("data_key"))

    async def open(self, tx: Tx, rows: list[Record]) -> list[dict[str, Any]]:
        """The rows with their fields, empty where the key was destroyed. Their keys are at hand for `seal`."""
        tenant = None
        found = []
        names = tuple(rows[0].keys()) if rows else ()
        for record in rows:
            row = dict(zip(names, record.values(), strict=True))  # a quarter quicker than from items()
            wrapped = row.pop("data_key")
            if wrapped is not None:
                identity = row[self.key]
                tenant = tenant or await tx.vault.tenant(tx)
                key = tx.keys[identity] = tenant.unwrap(wrapped, identity)
                if row["sealed"] is not None:
                    row.update(orjson.loads(key.open(row["sealed"], self._about)))
            found.append(row)
        return found

    async def seal(self, tx: Tx, row: dict[str, Any]) -> dict[str, Any]:
        """The row as it is kept. A key is made, and inserted with it, unless it is at hand."""
        if not any(row[name] for name in self.fields):
            return self.closed(None, row, None)
        tenant = await tx.vault.tenant_to_seal(tx)
        key = tx.keys.get(row[self.key])
        if key is None:
            wrapped, key = tenant.new_key(row[self.key])
            await tx.insert(INSERT_KEY, id=row[self.key], wrapped=wrapped)
            tx.keys[row[self.key]] = key
        return self.closed(tenant, row, key)

    async def seal_many(self, tx: Tx, rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], Mapping[UUID, bytes]]:
        """The rows as they are kept, and the wrapped keys that were made for them, by the id of the row."""
        tenant = await tx.vault.tenant_to_seal(tx)
        found, made = [], {}
        for row in rows:
            key = tx.keys.get(row[self.key])
            if key is None and any(row[name] for name in self.fields):
                made[row["id"]], key = tenant.new_key(row[self.key])
            found.append(self.closed(tenant, row, key))
        return found, made

    async def keep(self, tx: Tx, made: Mapping[UUID, bytes], rows: list[dict[str, Any]], created: set[UUID]) -> None:
        """Keep the keys of the rows that were really inserted."""
        keys = [
            {"tenant_id": tx.principal.tenant_id, "id": row[self.key], "wrapped": made[row["id"]]}
            for row in rows
            if row["id"] in created and row["id"] in made
        ]
        if keys:
            await tx.fetch(INSERT_KEYS, **column_values(data_keys, keys))

    def closed(self, tenant: TenantKey | None, row: dict[str, Any], key: DataKey | None) -> dict[str, Any]:
        """The row as it is kept under that key."""
        given = {name: row[name] for name in self.fields if row[name]}
        if any("\0" in text for value in given.values() for text in _texts(value)):
            raise asyncpg.UntranslatableCharacterError("U+0000 is refused here as in any column")
        sealed = key.seal(orjson.dumps(given), self._about) if key is not None and given else None
        marks = {name: mark(tenant, given) if tenant and given else None for name, mark in self.marks.items()}
        return row | self._empty | marks | {"sealed": sealed}

    def unsealed(self) -> ColumnElement[bool]:
        """Whether a row was written before there were keys: something stands in the open."""
        held: Any = None
        for name in self.fields:
            column = self.table.c[name]
            one = column != bindparam(f"no_{name}", self._empty[name], type_=column.type)
            held = one if held is None else held | one
        return held  # type: ignore[no-any-return] # SQLAlchemy types | as Any


def _texts(value: Any) -> tuple[str, ...]:
    """The texts within a value of a column."""
    if isinstance(value, dict):
        return (*value.keys(), *value.values())
    return tuple(text for item in value for text in _texts(item)) if isinstance(value, list | tuple) else (value,)


async def new_key(tx: Tx, identity: UUID) -> DataKey:
    """A data key of that id, made and kept."""
    wrapped, key = (await tx.vault.tenant_to_seal(tx)).new_key(identity)
    await tx.execute(INSERT_KEY, id=identity, wrapped=wrapped)
    return key


async def key_of(tx: Tx, identity: UUID) -> DataKey | None:
    """The data key of that id, if there is one."""
    wrapped = await tx.fetch_value(WRAPPED, id=identity)
    return (await tx.vault.tenant(tx)).unwrap(wrapped, identity) if wrapped is not None else None


async def destroy(tx: Tx, identities: list[UUID]) -> int:
    """Destroy data keys; how many there were."""
    return await tx.execute(DESTROY, ids=identities)
