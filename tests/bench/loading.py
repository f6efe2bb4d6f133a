"""Fill tables fast: without indexes, keys and row-level security, all of which are there again afterwards.

For databases of the bench's own only: whoever loads is the owner of the tables, and alone.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

SESSION = "SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'; SET max_parallel_maintenance_workers = 2"
INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition,
  c.conname AS key, pg_get_constraintdef(c.oid) AS key_definition
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype = 'p'
WHERE i.indrelid = $1::text::regclass ORDER BY 1"""


@asynccontextmanager
async def unhindered(owner: asyncpg.Connection, *tables: str) -> AsyncIterator[None]:
    """Rows that the block puts into the tables meet no index; afterwards all is built, vacuumed and analysed."""
    await owner.execute(SESSION)
    again: list[str] = []
    for table in tables:
        for found in await owner.fetch(INDEXES, table):
            if found["key"]:
                await owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {found['key']}")
                again.append(f"ALTER TABLE {table} ADD CONSTRAINT {found['key']} {found['key_definition']}")
            else:
                await owner.execute(f"DROP INDEX {found['name']}")
                again.append(found["definition"])
        await owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    yield
    for statement in again:
        await owner.execute(statement, timeout=3600)
    for table in tables:
        await owner.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        await owner.execute(f"VACUUM ANALYZE {table}", timeout=3600)
