"""What must be true before services start: keys, roles, databases, migrations. Run as a process of its own, then gone.

    python -m deploy.local.prepare SECRETS NAME...

DEALTRAIL_DATABASE_URL is the administrator's, DEALTRAIL_DEMO_PASSWORD that of the boss of the tenant "demo".

The supervisor, which lives long, thereby stays free of all these libraries.
"""

import asyncio
import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg

from deploy.local import tenant
from deploy.local.databases import ensure
from deploy.local.keys import MASTER_KEYS, master_keys, signing_keys, write_private
from deploy.local.roles import Access, access, database_of

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 10
REVISION = "SELECT version_num FROM alembic_version"
SEALED = {
    "leads": "services.leads.seal",
    "timeline": "services.timeline.seal",
    "analytics": "services.analytics.seal",
}
"""Where a service says what it keeps otherwise than before: rows are sealed, found or summed so before it starts."""
DONE = "prepared"
"""A file that says to which revisions everything was brought."""


def main() -> None:
    """Bring everything to the state that this version needs."""
    secrets, names = Path(sys.argv[1]), sys.argv[2:]
    url = os.environ["DEALTRAIL_DATABASE_URL"]
    signing_keys(secrets)
    master_keys(secrets)
    ways = {name: access(url, secrets, database_of(name)) for name in names}
    revisions = " ".join(f"{name}={newest(name)}" for name in names)
    done = secrets / DONE
    if not (done.exists() and done.read_text().strip() == revisions and asyncio.run(current(ways))):
        asyncio.run(ensure(url, secrets, map(database_of, names)))
        bring_up_to_date(ways, str(secrets / MASTER_KEYS))
        write_private(done, revisions)
    tenant.ensure(
        secrets, access(url, secrets, database_of("gateway")).app, os.environ.get("DEALTRAIL_DEMO_PASSWORD", "")
    )


def newest(name: str) -> str:
    """The revision to which the code of a service or of the gateway migrates; its files are named for theirs."""
    folders = (ROOT / "services" / name, ROOT / name)
    found = (path for folder in folders for path in (folder / "migrations" / "versions").glob("[0-9]*.py"))
    return max(path.stem.partition("_")[0] for path in found)


async def current(ways: Mapping[str, Access]) -> bool:
    """Whether every database is there at the newest revision, and its roles may enter: then there is nothing to do.

    The passwords of roles hold for the whole server: to try those that own no database at one of them is enough.
    """
    one = next(iter(ways.values()))
    found = await asyncio.gather(*(_asked(url, REVISION) for url in (way.owner for way in ways.values())))
    entered = await asyncio.gather(*(_asked(url, "SELECT true") for url in (one.relay, one.app)))
    return found == [newest(name) for name in ways] and all(entered)


async def _asked(url: str, query: str) -> Any:
    """What a database answers; None if it lets nobody in this way or has no such table."""
    try:
        connection = await asyncpg.connect(url, timeout=PATIENCE_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None
    try:
        return await connection.fetchval(query)
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()


def bring_up_to_date(ways: Mapping[str, Access], master_keys: str) -> None:
    """Migrate databases to the newest revision, and make good what older ones kept otherwise."""
    from services.kit.backfill import backfill  # noqa: PLC0415 - most starts have nothing to do, and do without
    from services.kit.migrations import upgrade  # noqa: PLC0415 - only if there is something to migrate
    from services.kit.vault import MasterKeys  # noqa: PLC0415 - only if there is something to migrate

    for name, way in ways.items():
        upgrade(name, way.owner)
        if name in SEALED:
            module = importlib.import_module(SEALED[name])
            asyncio.run(backfill(way.owner, MasterKeys.read(master_keys), module.SEALED, module.FOUND))


if __name__ == "__main__":
    main()
