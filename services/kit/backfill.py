"""Rows from before there were keys are sealed, and made to be found: what `python -m services.<name>.seal` does.

It may run while the service does, and be stopped and run again. DEALTRAIL_MIGRATION_URL names the
service's database, as the role that owns it; DEALTRAIL_MASTER_KEYS the file of the master keys.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol
from uuid import UUID

import asyncpg
from sqlalchemy import Table, Uuid, bindparam, select, update

from services.kit.database import Database, Tx
from services.kit.principal import Principal
from services.kit.sealing import Sealing
from services.kit.secrets import required
from services.kit.sql import Query
from services.kit.terms import Terms
from services.kit.vault import MasterKeys
from services.kit.visibility import SYSTEM

ROWS = 500
NOBODY = UUID(int=0)
HAS_TRIGGER = "SELECT true FROM pg_trigger WHERE tgrelid = to_regclass($1) AND tgname = 'append_only'"


async def _each_tenant(database: Database, tenants: Query, some: Callable[[Tx], Awaitable[int]]) -> int:
    """For every tenant that the statement names, `some` rows at a time until there are none; how many there were."""
    count = 0
    # The role that owns the tables sees every tenant, whoever the transaction is for.
    async with database.transaction(Principal(NOBODY, NOBODY, SYSTEM, None)) as tx:
        found = [row["tenant_id"] for row in await tx.fetch(tenants)]
    for tenant_id in found:
        done = True
        while done:
            async with database.transaction(Principal(tenant_id, NOBODY, SYSTEM, None)) as tx:
                done = bool(touched := await some(tx))
            count += touched
    return count


class Backfill:
    """Seals the rows of one table, some hundred in a transaction."""

    def __init__(self, sealing: Sealing) -> None:
        table = sealing.table
        self._sealing = sealing
        self._keys = [column.name for column in table.primary_key.columns if column.name != "tenant_id"]
        here = table.c.tenant_id == bindparam("tenant_id", type_=Uuid)
        found = sealing.select().where(here, sealing.unsealed()).limit(ROWS)
        self._find = Query(found.with_for_update(of=table, skip_locked=True))
        self._tenants = Query(select(table.c.tenant_id).where(sealing.unsealed()).distinct())
        changed = (*sealing.fields, *sealing.marks, "sealed")
        same = [table.c[name] == bindparam(f"is_{name}", type_=table.c[name].type) for name in self._keys]
        values = {name: bindparam(name, type_=table.c[name].type) for name in changed}
        self._write = Query(update(table).where(here, *same).values(values))
        self._changed = changed

    async def run(self, database: Database) -> int:
        """Seal them all; how many there were. `database` is opened as the role that owns the tables."""
        return await _each_tenant(database, self._tenants, self._some)

    async def _some(self, tx: Tx) -> int:
        rows = await self._sealing.open(tx, await tx.fetch(self._find))
        written: list[Mapping[str, Any]] = []
        for row in rows:
            kept = await self._sealing.seal(tx, row)
            keys = {f"is_{name}": row[name] for name in self._keys}
            written.append({name: kept[name] for name in self._changed} | keys)
        if written:
            await tx.execute_many(self._write, written)
        return len(written)


class Filling(Protocol):
    """Writes something that rows of before lack: `some` of the transaction's tenant at a time, until there are none.

    `tenants` selects the `tenant_id` of whoever may have such rows; `table` is what is written to.
    """

    @property
    def table(self) -> Table:
        """Where what they lack is written."""

    @property
    def tenants(self) -> Query:
        """Who may have such rows."""

    async def some(self, tx: Tx) -> int:
        """Do so for some rows; how many."""


class Finding:
    """Gives terms to the rows of one table that have none, some hundred in a transaction."""

    def __init__(self, terms: Terms, sealing: Sealing | None) -> None:
        self.table = terms.table
        self._terms = terms
        self._sealing = sealing
        table = terms.of
        chosen = sealing.select() if sealing else select(table)
        here = table.c.tenant_id == bindparam("tenant_id", type_=Uuid)
        self.find = Query(chosen.where(here, terms.missing()).limit(ROWS))
        self.tenants = Query(select(table.c.tenant_id).where(terms.missing()).distinct())

    async def some(self, tx: Tx) -> int:
        """Do so for some rows; how many."""
        rows: list[Any] = await tx.fetch(self.find)
        await self._terms.keep(tx, await self._sealing.open(tx, rows) if self._sealing else rows)
        return len(rows)


async def backfill(
    url: str, masters: MasterKeys, sealings: Iterable[Sealing], findings: Iterable[Filling] = ()
) -> dict[str, int]:
    """Seal what stands in the open, then give terms; the rows touched, by table. `url` is that of the tables' owner."""
    owner = await asyncpg.connect(url)
    database = await Database.connect(url, 1, masters)
    try:
        done = {one.table.name: await _sealed(owner, database, one) for one in sealings}
        return done | {one.table.name: await _each_tenant(database, one.tenants, one.some) for one in findings}
    finally:
        await database.close()
        await owner.close()


async def _sealed(owner: Any, database: Database, sealing: Sealing) -> int:
    # A table of what was said before refuses changes; that its owner seals it changes nothing that it says.
    appended = await owner.fetchval(HAS_TRIGGER, sealing.table.name)
    if appended:
        await owner.execute(f"ALTER TABLE {sealing.table.name} DISABLE TRIGGER append_only")
    try:
        return await Backfill(sealing).run(database)
    finally:
        if appended:
            await owner.execute(f"ALTER TABLE {sealing.table.name} ENABLE TRIGGER append_only")


def main(*sealings: Sealing, findings: Iterable[Filling] = ()) -> None:
    """Seal the rows of these tables, and give terms to those of `findings`."""
    masters = MasterKeys.read(os.environ["DEALTRAIL_MASTER_KEYS"])
    for table, rows in asyncio.run(backfill(required("DEALTRAIL_MIGRATION_URL"), masters, sealings, findings)).items():
        done = "rows sealed" if table in {one.table.name for one in sealings} else "made as this version keeps them"
        sys.stdout.write(f"{table}: {rows} {done}\n")
