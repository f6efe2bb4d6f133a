"""Audit entries are numbered without a gap and chained by seals, in each tenant, by one process a database.

An entry commits with its deed; its number comes right afterwards from the one notary that leads.
Were the number given in the deed's own transaction, all commands of a tenant would queue for it.
What stands for that is a second or so in which an entry is not chained yet; one that stays so for
long is a fault to the verifier. The seal is an HMAC over the seal before and the entry: whoever
can write to the database but lacks the secret cannot make a chain that holds.
"""

import asyncio
import hashlib
import hmac
import logging
import time
from collections.abc import Mapping
from datetime import UTC
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.kit.tables import RELAY_ROLE, append_only

log = logging.getLogger(__name__)

LOCK = "SELECT pg_try_advisory_lock(hashtext('dealtrail.audit'))"
COLUMNS = "tenant_id, id, actor_id, action, subject_id, purpose, at"
UNSEALED = f"SELECT {COLUMNS} FROM audit WHERE number IS NULL ORDER BY id LIMIT 1000"  # noqa: S608 - names of ours
HEAD = """SELECT number, seal FROM audit WHERE tenant_id = $1 AND number IS NOT NULL
ORDER BY number DESC LIMIT 1"""
SEAL = """UPDATE audit SET number = s.number, seal = s.seal
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bytea[]) s (tenant_id, id, number, seal)
WHERE audit.tenant_id = s.tenant_id AND audit.id = s.id AND audit.number IS NULL"""
BEGINNING = (0, b"")
POLL_S = 1.0
TOLD_EVERY_S = 3600.0


def chain_key(secret: bytes) -> bytes:
    """The key of the seals, derived from the installation's secret."""
    return hmac.digest(secret, b"audit chain", hashlib.sha256)


def seal(key: bytes, before: bytes, number: int, entry: Mapping[str, Any]) -> bytes:
    """The seal of an entry that follows the one sealed with `before`."""
    who = [str(entry[name]) for name in ("tenant_id", "id", "actor_id", "action", "subject_id", "purpose")]
    body = orjson.dumps([before.hex(), number, *who, entry["at"].astimezone(UTC).isoformat()])
    return hmac.digest(key, body, hashlib.sha256)


class Notary:
    """Seals the audit log of one service database. Run as many as you like: one leads, by an advisory lock."""

    def __init__(self, url: str, secret: bytes) -> None:
        """`url` is the database as the relay's role, which alone may number entries."""
        self._url = url
        self._key = chain_key(secret)
        self._heads: dict[UUID, tuple[int, bytes]] = {}
        self._told: dict[UUID, float] = {}

    async def run(self) -> None:
        """Until cancelled: lead if nobody else does, seal what there is, wait a second."""
        while True:
            try:
                await self._term()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                log.warning("the audit log is not sealed", extra={"error": repr(error)})
            await asyncio.sleep(POLL_S)

    async def _term(self) -> None:
        """One connection's life. Whoever lost the lock lost the connection that seals as well."""
        connection = await asyncpg.connect(
            self._url, timeout=5, command_timeout=15, server_settings={"application_name": "dealtrail notary"}
        )
        try:
            self._heads.clear()
            leads = False
            while True:
                leads = leads or await connection.fetchval(LOCK)
                if not (leads and await self.seal_pending(connection)):
                    await asyncio.sleep(POLL_S)
        finally:
            await connection.close(timeout=2)

    async def seal_pending(self, connection: Any) -> int:
        """Seal up to 1,000 entries; how many these were."""
        rows = await connection.fetch(UNSEALED)
        if not rows:
            return 0
        heads, numbers, seals = dict(self._heads), [], []
        for row in rows:
            tenant = row["tenant_id"]
            number, before = heads[tenant] if tenant in heads else await self._head(connection, tenant)
            heads[tenant] = (number + 1, seal(self._key, before, number + 1, row))
            numbers.append(heads[tenant][0])
            seals.append(heads[tenant][1])
        tenants = [row["tenant_id"] for row in rows]
        await connection.execute(SEAL, tenants, [row["id"] for row in rows], numbers, seals)
        self._heads = heads
        self._tell(set(tenants))
        return len(rows)

    async def _head(self, connection: Any, tenant: UUID) -> tuple[int, bytes]:
        row = await connection.fetchrow(HEAD, tenant)
        return (row["number"], row["seal"]) if row else BEGINNING

    def _tell(self, tenants: set[UUID]) -> None:
        """Say where the chain stands, at most once an hour: a log kept elsewhere is an anchor for the verifier."""
        now = time.monotonic()
        for tenant in tenants:
            if now > self._told.get(tenant, float("-inf")) + TOLD_EVERY_S:
                self._told[tenant] = now
                number, last = self._heads[tenant]
                log.info("audit head", extra={"tenant": str(tenant), "number": number, "seal": last.hex()})


def install(operations: Any) -> None:
    """In a migration: let the relay's role number each entry once, and operators verify every tenant's log."""
    # The first migration makes the tables as they are declared now; databases made before lack the columns.
    operations.execute("ALTER TABLE audit ADD COLUMN IF NOT EXISTS number bigint, ADD COLUMN IF NOT EXISTS seal bytea")
    operations.execute("CREATE UNIQUE INDEX audit_number ON audit (tenant_id, number) WHERE number IS NOT NULL")
    operations.execute("CREATE INDEX audit_unsealed ON audit (id) WHERE number IS NULL")
    operations.execute("CREATE INDEX audit_newest ON audit (tenant_id, at, id)")
    operations.execute(
        """CREATE FUNCTION refuse_but_sealing() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
          IF TG_OP = 'UPDATE' AND OLD.number IS NULL AND NEW.number IS NOT NULL AND NEW.seal IS NOT NULL
            AND (to_jsonb(NEW) - 'number' - 'seal') = (to_jsonb(OLD) - 'number' - 'seal') THEN RETURN NEW;
          END IF;
          RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
        END $$"""
    )
    operations.execute("DROP TRIGGER append_only ON audit")
    operations.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_but_sealing()"
    )
    operations.execute("CREATE POLICY operator ON audit FOR SELECT TO CURRENT_USER USING (true)")
    operations.execute(f"CREATE POLICY sealer ON audit TO {RELAY_ROLE} USING (true)")
    operations.execute(f"GRANT SELECT, UPDATE (number, seal) ON audit TO {RELAY_ROLE}")


def uninstall(operations: Any) -> None:
    """In its downgrade: entries stand, their numbers go."""
    operations.execute(f"REVOKE ALL ON audit FROM {RELAY_ROLE}")
    for what in ("POLICY sealer ON audit", "POLICY operator ON audit", "TRIGGER append_only ON audit"):
        operations.execute(f"DROP {what}")
    append_only(operations, "audit")
    operations.execute("DROP FUNCTION refuse_but_sealing()")
    operations.execute("DROP INDEX audit_number, audit_unsealed, audit_newest")
    operations.execute("ALTER TABLE audit DROP COLUMN number, DROP COLUMN seal")
