"""Roles and databases on a PostgreSQL server: made when missing, never changed otherwise."""

import asyncio
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import asyncpg

from deploy.local.keys import secret
from deploy.local.roles import APP, OWNER, RELAY, ROLES

PATIENCE_S = 60
_AWAY = (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError)


async def ensure(admin_url: str, secrets: Path, databases: Iterable[str]) -> None:
    """Make roles and databases that are missing. Waits for a server that is still starting."""
    connection = await _connect(admin_url)
    try:
        await _ensure_roles(connection, {role: secret(secrets, role) for role in ROLES})
        known = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        for database in databases:
            if database not in known:
                await connection.execute(f"CREATE DATABASE {database} OWNER {OWNER}")
            # Repeated at every start: a crash may have come between the two.
            await grant(connection, database)
    finally:
        await connection.close()


async def grant(connection: Any, database: str) -> None:
    """Let the app and the relay in, nobody else. What they may do there, migrations say."""
    await connection.execute(
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC; GRANT CONNECT ON DATABASE {database} TO {APP}, {RELAY}"
    )


async def _ensure_roles(connection: Any, passwords: Mapping[str, str]) -> None:
    rows = await connection.fetch("SELECT rolname, rolsuper OR rolbypassrls AS above FROM pg_roles")
    above = {row["rolname"]: row["above"] for row in rows}
    for role, password in passwords.items():
        if above.get(role):
            sys.exit(f"the role {role} passes row-level security on this server; take that right from it first")
        word = "ALTER" if role in above else "CREATE"
        await connection.execute(f"{word} ROLE {role} LOGIN PASSWORD '{password}'")
    if not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        # Elsewhere the administrator may be no superuser, and must be a member to make databases for the owner.
        await connection.execute(f"GRANT {OWNER} TO CURRENT_USER")


async def _connect(url: str) -> Any:
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await asyncpg.connect(url, timeout=5)
        except _AWAY as error:
            if time.monotonic() > end:
                sys.exit(f"PostgreSQL does not answer: {error}")
            await asyncio.sleep(0.2)
