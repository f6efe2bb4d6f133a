"""Alembic, one history a service: `python -m services.kit.migrations leads up|down`."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from services.kit.secrets import required
from services.kit.tables import APP_ROLE

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {
    **{name: ROOT / "services" / name for name in ("leads", "opportunities", "contracts", "timeline", "analytics")},
    "gateway": ROOT / "gateway",
}
GRANTS = (
    f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP_ROLE}",
    f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {APP_ROLE}",
)
"""What the owner makes from here on, the role that serves may use; it is all that a new database needs."""
LOCK = "SELECT pg_try_advisory_lock(hashtext('dealtrail.migrations'))"
"""Tried again and again rather than waited for: an index that is built beside writers waits for who waits."""
ONE_TENANT = """
SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', relname::text, 'attname', attname::text,
    'inherited', false, 'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 1::real)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples < 0"""
"""Tells PostgreSQL of each table that it has not looked at yet that all rows are one tenant's. By itself it takes a
tenant for a two-hundredth of any table, and finds rows by any index that begins with the tenant: all of the tenant's
are read then for each that is sought, until the table is analysed for the first time."""
KNOWS_STATISTICS = 180000
"""The version of PostgreSQL from which on it can be told."""
TRY_AGAIN_S = 0.2
WAIT_FOR_OTHERS = "60s"
"""How long the build of an index waits for transactions that began before it: they end after 30 s at the latest."""


def upgrade(service: str, url: str, revision: str = "head") -> None:
    """Bring the service's database to the revision, as the role that owns it."""
    command.upgrade(_config(service, url), revision)


def downgrade(service: str, url: str, revision: str) -> None:
    """Take the service's database back to the revision."""
    command.downgrade(_config(service, url), revision)


def _config(service: str, url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDERS[service] / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url.replace("postgresql://", "postgresql+asyncpg://", 1)
    return config


def run() -> None:
    """What a service's migrations/env.py calls: each migration within a transaction, one process at a time."""

    async def migrate() -> None:
        engine = create_async_engine(context.config.attributes["url"], poolclass=pool.NullPool)
        async with engine.connect() as connection:
            await connection.exec_driver_sql("SET lock_timeout = '2s'")
            while not (await connection.exec_driver_sql(LOCK)).scalar():
                await connection.rollback()
                await asyncio.sleep(TRY_AGAIN_S)
            for grant in GRANTS:
                await connection.exec_driver_sql(grant)
            await connection.commit()
            await connection.run_sync(_migrate)
            if int((await connection.exec_driver_sql("SHOW server_version_num")).scalar_one()) >= KNOWS_STATISTICS:
                await connection.exec_driver_sql(ONE_TENANT)
                await connection.commit()
        await engine.dispose()

    asyncio.run(migrate())


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


def create_index(op: Any, name: str, table: str, columns: Sequence[str], where: str = "true") -> None:
    """Build an index on a table in use without holding up who writes there; what a broken attempt left goes first.

    The migration's transaction is committed before: let this be all that the migration does.
    """
    with _beside_writers(op):
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {table} ({', '.join(columns)}) WHERE {where}")


def drop_index(op: Any, name: str) -> None:
    """Drop an index without holding up who reads or writes."""
    with _beside_writers(op):
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


@contextmanager
def _beside_writers(op: Any) -> Iterator[None]:
    with op.get_context().autocommit_block():
        op.execute(f"SET lock_timeout = '{WAIT_FOR_OTHERS}'")
        yield
        op.execute("SET lock_timeout = '2s'")


def main() -> None:
    """Migrate the database of DEALTRAIL_MIGRATION_URL."""
    service, way = sys.argv[1], sys.argv[2]
    url = required("DEALTRAIL_MIGRATION_URL")
    if way == "up":
        upgrade(service, url)
    else:
        downgrade(service, url, sys.argv[3] if len(sys.argv) > 3 else "base")


if __name__ == "__main__":
    main()
