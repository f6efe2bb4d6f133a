"""Alembic, one history a service: `python -m services.kit.migrations leads up|down`."""

import asyncio
import sys
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine

from services.kit.secrets import required

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {
    **{name: ROOT / "services" / name for name in ("leads", "opportunities", "contracts", "timeline", "analytics")},
    "gateway": ROOT / "gateway",
}
APP_ROLE = "dealtrail_app"
GRANTS = (
    f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP_ROLE}",
    f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {APP_ROLE}",
)
"""What the owner makes from here on, the role that serves may use; it is all that a new database needs."""
LOCK = "SELECT pg_advisory_xact_lock(hashtext('dealtrail.migrations'))"


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
    """What a service's migrations/env.py calls: migrate within one transaction, one process at a time."""

    async def migrate() -> None:
        engine = create_async_engine(context.config.attributes["url"], poolclass=pool.NullPool)
        async with engine.begin() as connection:
            await connection.exec_driver_sql("SET lock_timeout = '2s'")
            await connection.exec_driver_sql(LOCK)
            for grant in GRANTS:
                await connection.exec_driver_sql(grant)
            await connection.run_sync(_migrate)
        await engine.dispose()

    asyncio.run(migrate())


def _migrate(connection: object) -> None:
    context.configure(connection=connection, target_metadata=None)  # type: ignore[arg-type] # SQLAlchemy hands a Connection
    with context.begin_transaction():
        context.run_migrations()


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
