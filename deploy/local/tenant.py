"""The tenant "demo" and its boss: made before the first start is ready, with a password that is kept in the home."""

import asyncio
from pathlib import Path

from deploy.local.keys import secret, write_private

TENANT, BOSS = "demo", "boss"
DEMO_PASSWORD = "demo_password"  # noqa: S105 - the name of a file
MADE = "demo_tenant"
"""A file that says that it was made: later starts need no look."""


def ensure(secrets: Path, database_url: str, password: str) -> None:
    """Make it unless it was made before, with this password, or with one made up if that is empty."""
    if (secrets / MADE).exists():
        if password and password != secret(secrets, DEMO_PASSWORD):
            kept = secrets / DEMO_PASSWORD
            print(f"DEALTRAIL_DEMO_PASSWORD is not used: the password of the first start holds ({kept})")
        return
    # Kept before it is used: a crash in between leaves no tenant that nobody can enter.
    if password:
        write_private(secrets / DEMO_PASSWORD, password)
    asyncio.run(_make(database_url, secret(secrets, DEMO_PASSWORD)))
    write_private(secrets / MADE, TENANT)


async def _make(database_url: str, password: str) -> None:
    from gateway.identity.tenants.__main__ import create  # noqa: PLC0415 - later starts do without all that it needs
    from services.kit.database import Database  # noqa: PLC0415 - late

    database = await Database.connect(database_url, 1)
    try:
        await create(database, TENANT, "演示公司", BOSS, password)
    finally:
        await database.close()
