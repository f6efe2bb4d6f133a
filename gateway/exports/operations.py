"""Counting what is exported, a page at a time, and setting how much may be."""

from uuid import UUID

from gateway.export import Take
from gateway.exports.domain import EVERYBODY, ExportQuota, day
from gateway.exports.store import QUOTA, SET, TAKE, USED
from services.kit import audit
from services.kit.database import Database, Tx
from services.kit.errors import Conflict, VersionMismatch
from services.kit.ids import new_id
from services.kit.principal import Principal


class Exports:
    """Keeps the count in transactions of its own: what has left stays counted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, who: Principal, name: str) -> Take:
        """An export by the list method of that name; with its first rows it becomes an entry of the audit log.

        What it answers with refuses rows beyond the quota: EXPORT_QUOTA_EXCEEDED.
        """
        export_id, begun = new_id(), False

        async def take(rows: int) -> None:
            nonlocal begun
            async with self._database.transaction(who) as tx:
                if not begun:
                    audit.record(tx, f"exports.{name}", export_id)
                await count(tx, rows)
            begun = True

        return take


async def count(tx: Tx, rows: int) -> None:
    """Count rows for the caller and for everybody. Refused: EXPORT_QUOTA_EXCEEDED."""
    quota = await current(tx)
    for whom in (EVERYBODY, tx.principal.user_id):
        limit = quota.limit(whom)
        if rows > limit or not await tx.execute(TAKE, day=day(tx.now), user_id=whom, rows=rows, limit=limit):
            raise quota.exceeded(whom, tx.now)


async def current(tx: Tx) -> ExportQuota:
    """The quota that holds."""
    row = await tx.fetch_one(QUOTA)
    return ExportQuota(row["user_rows"], row["tenant_rows"], row["version"]) if row else ExportQuota()


async def used(tx: Tx) -> dict[UUID, int]:
    """Rows exported today by each user, and by EVERYBODY."""
    return {row["user_id"]: row["rows"] for row in await tx.fetch(USED, day=day(tx.now))}


async def update(tx: Tx, user_rows: int | None, tenant_rows: int | None) -> ExportQuota:
    """Set what is given. Refused: VERSION_MISMATCH if If-Match speaks of another; CONFLICT."""
    quota = await current(tx)
    if tx.if_match is not None and tx.if_match != quota.version:
        raise VersionMismatch(version=quota.version)
    if user_rows is not None:
        quota.user_rows = user_rows
    if tenant_rows is not None:
        quota.tenant_rows = tenant_rows
    quota.version += 1
    values = {"user_rows": quota.user_rows, "tenant_rows": quota.tenant_rows, "version": quota.version}
    if not await tx.execute(SET, **values):
        raise Conflict
    return quota
