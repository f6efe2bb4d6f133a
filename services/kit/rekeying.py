"""`python -m services.kit.rekeying begin|go-on [TENANT]`: give the tenants of a database other keys.

The data keys below a tenant's key are wrapped by another one, some hundred in a transaction, while the service runs;
then the former key is destroyed. It goes in steps that stand in the table `rekeyings`, so that it may be killed at any
instant and goes on with `go-on`. A process remembers keys for REMEMBER_S: between steps all are waited for.

  COMING   the new key is known beside the old one, which still seals. Everybody learns to open by it.
  TURNED   the new key seals, the old one still opens. Data keys are wrapped anew until none needs the old one.
  DONE     the old key is gone.

The beginning and the end of each change stand in the tenant's audit log: `kit.BeginRekeying`, `kit.EndRekeying`.
What rows are found by (marks of phones and names) is made from a key apart, which stays: a row is found throughout.
DEALTRAIL_MIGRATION_URL names the service's database, as the role that owns it; DEALTRAIL_MASTER_KEYS the file of the
master keys, under the newest of which all tenants' keys must be. All processes must be of a version that knows of this.
"""

import asyncio
import os
import sys
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.kit.ids import new_id
from services.kit.secrets import required
from services.kit.vault import FIND, KEY_BYTES, REMEMBER_S, MasterKeys, marking_of, opened

SETTLE_S = REMEMBER_S + 60
"""Until nobody remembers what stood before: what is remembered, and a transaction that began with it."""
ROWS = 500
NOBODY = UUID(int=0)
TENANTS = "SELECT tenant_id FROM tenant_keys WHERE $1::uuid IS NULL OR tenant_id = $1 ORDER BY tenant_id"
UNDER_WAY = """SELECT tenant_id, step, changed_at, extract(epoch FROM clock_timestamp() - changed_at)::float8 AS age
FROM rekeyings WHERE step <> 'DONE' AND ($1::uuid IS NULL OR tenant_id = $1) ORDER BY tenant_id"""
LOCK = "SELECT master_id, wrapped FROM tenant_keys WHERE tenant_id = $1 FOR UPDATE"
ANNOUNCE = """INSERT INTO rekeyings (tenant_id, master_id, step, other, marking, changed_at)
VALUES ($1, $2, 'COMING', $3, $4, clock_timestamp())
ON CONFLICT (tenant_id) DO UPDATE SET step = 'COMING', other = $3, changed_at = clock_timestamp()
WHERE rekeyings.step = 'DONE'"""
"""The marking key of the first change stays: marks are made from it ever since."""
COMING = "SELECT other FROM rekeyings WHERE tenant_id = $1 AND step = 'COMING' FOR UPDATE"
SEAL = "UPDATE tenant_keys SET wrapped = $2 WHERE tenant_id = $1"
TURN = "UPDATE rekeyings SET step = 'TURNED', other = $2, changed_at = clock_timestamp() WHERE tenant_id = $1"
SOME = "SELECT id, wrapped FROM data_keys WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3 FOR UPDATE"
REWRAP = "UPDATE data_keys SET wrapped = $3 WHERE tenant_id = $1 AND id = $2"
END = """UPDATE rekeyings SET step = 'DONE', other = NULL, changed_at = clock_timestamp()
WHERE tenant_id = $1 AND step = 'TURNED' AND changed_at = $2"""
"""Only of the change that was looked at: another may have begun meanwhile."""

NAME_TENANT = "SELECT set_config('app.tenant', $1, true)"
NOTE = """INSERT INTO audit (tenant_id, id, actor_id, action, subject_id, purpose)
VALUES ($1, $2, $3, $4, $1, $5)"""


async def begin(owner: Any, masters: MasterKeys, tenant_id: UUID) -> bool:
    """Announce a new key; False if one is on its way already."""
    async with owner.transaction():
        row = await owner.fetchrow(LOCK, tenant_id)
        if row["master_id"] != masters.newest:
            raise SystemExit(f"{tenant_id}: run services.kit.rotation first, the key is under {row['master_id']}")
        secret = masters.unwrap(row["master_id"], row["wrapped"], tenant_id)
        coming = masters.wrap(os.urandom(KEY_BYTES), tenant_id)
        marking = masters.wrap(marking_of(secret), tenant_id)
        if await owner.execute(ANNOUNCE, tenant_id, masters.newest, coming, marking) != "INSERT 0 1":
            return False
        await _note(owner, tenant_id, "kit.BeginRekeying", "another key is announced")
        return True


async def turn(owner: Any, tenant_id: UUID) -> None:
    """Let the new key seal and the old one only open."""
    async with owner.transaction():
        former = await owner.fetchrow(LOCK, tenant_id)
        coming = await owner.fetchval(COMING, tenant_id)
        if coming is not None:
            await owner.execute(SEAL, tenant_id, coming)
            await owner.execute(TURN, tenant_id, former["wrapped"])


async def rewrap(owner: Any, masters: MasterKeys, tenant_id: UUID) -> int:
    """Wrap data keys by the key that seals; how many were not. Nothing is lost whenever it ends."""
    key = opened(masters, tenant_id, await owner.fetchrow(FIND.text, tenant_id))
    count, last = 0, UUID(int=0)
    while True:
        async with owner.transaction():
            rows = await owner.fetch(SOME, tenant_id, last, ROWS)
            changed = [
                (tenant_id, row["id"], anew)
                for row in rows
                if (anew := key.rewrapped(row["wrapped"], row["id"])) is not None
            ]
            await owner.executemany(REWRAP, changed)
        count += len(changed)
        if len(rows) < ROWS:
            return count
        last = rows[-1]["id"]


async def end(owner: Any, tenant_id: UUID, changed_at: datetime, count: int) -> None:
    """Destroy the former key of the change that was looked at, which no data key needs."""
    async with owner.transaction():
        if await owner.execute(END, tenant_id, changed_at) == "UPDATE 1":
            await _note(
                owner, tenant_id, "kit.EndRekeying", f"{count} data keys wrapped anew; the former key destroyed"
            )


async def _note(owner: Any, tenant_id: UUID, action: str, said: str) -> None:
    """Keep it in the audit log, whose notary chains it: an operator did it, who is no user."""
    await owner.execute(NAME_TENANT, str(tenant_id))
    await owner.execute(NOTE, tenant_id, new_id(), NOBODY, action, said)


async def go_on(owner: Any, masters: MasterKeys, only: UUID | None, settle_s: float = SETTLE_S) -> float | None:
    """Take every step that is due; seconds until the next one is, None if nothing is under way."""
    waits = []
    for row in await owner.fetch(UNDER_WAY, only):
        if row["age"] < settle_s:
            waits.append(settle_s - row["age"])
        elif row["step"] == "COMING":
            await turn(owner, row["tenant_id"])
            waits.append(settle_s)
        else:
            count = 0
            while more := await rewrap(owner, masters, row["tenant_id"]):
                count += more
            # The last look found none that needs the former key, and nobody seals by it any more.
            await end(owner, row["tenant_id"], row["changed_at"], count)
            sys.stdout.write(f"{row['tenant_id']}: {count} data keys wrapped by the new key, the former destroyed\n")
    return min(waits, default=None)


async def carry_out(url: str, masters: MasterKeys, first: bool, only: UUID | None, settle_s: float = SETTLE_S) -> None:
    """Begin if that is wished, and go on until all is done."""
    owner = await asyncpg.connect(url)
    try:
        if first:
            for row in await owner.fetch(TENANTS, only):
                told = "announced" if await begin(owner, masters, row["tenant_id"]) else "is under way"
                sys.stdout.write(f"{row['tenant_id']}: a new key {told}\n")
        while (wait := await go_on(owner, masters, only, settle_s)) is not None:
            sys.stdout.flush()
            await asyncio.sleep(wait)
    finally:
        await owner.close()


def main() -> None:
    """Change the keys of one database."""
    match sys.argv[1:]:
        case ["begin" | "go-on" as what, *rest] if len(rest) <= 1:
            only = UUID(rest[0]) if rest else None
        case _:
            sys.exit("usage: python -m services.kit.rekeying begin|go-on [TENANT]")
    masters = MasterKeys.read(required("DEALTRAIL_MASTER_KEYS"))
    asyncio.run(carry_out(required("DEALTRAIL_MIGRATION_URL"), masters, what == "begin", only))


if __name__ == "__main__":
    main()
