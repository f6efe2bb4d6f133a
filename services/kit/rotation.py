"""`python -m services.kit.rotation`: wrap every tenant's key under the newest master key.

DEALTRAIL_MIGRATION_URL names a service's database, as the role that owns it; DEALTRAIL_MASTER_KEYS the
file of the master keys, the old ones and the new one, which stands last.
"""

import asyncio
import os
import sys
from uuid import UUID

import asyncpg

from services.kit.vault import MasterKeys

FIND = "SELECT tenant_id, master_id, wrapped FROM tenant_keys WHERE master_id <> $1 FOR UPDATE"
WRAP = "UPDATE tenant_keys SET master_id = $2, wrapped = $3 WHERE tenant_id = $1"
FIND_CHANGED = "SELECT tenant_id, master_id, other, marking FROM rekeyings WHERE master_id <> $1 FOR UPDATE"
WRAP_CHANGED = "UPDATE rekeyings SET master_id = $2, other = $3, marking = $4 WHERE tenant_id = $1"


async def rotate(url: str, masters: MasterKeys) -> int:
    """Wrap them anew; how many there were."""
    owner = await asyncpg.connect(url)
    try:
        async with owner.transaction():
            rows = await owner.fetch(FIND, masters.newest)
            for tenant_id, master_id, wrapped in rows:
                await owner.execute(WRAP, tenant_id, masters.newest, _anew(masters, master_id, wrapped, tenant_id))
            for tenant_id, master_id, *kept in await owner.fetch(FIND_CHANGED, masters.newest):
                found = [one and _anew(masters, master_id, one, tenant_id) for one in kept]
                await owner.execute(WRAP_CHANGED, tenant_id, masters.newest, *found)
    finally:
        await owner.close()
    return len(rows)


def _anew(masters: MasterKeys, master_id: str, wrapped: bytes, tenant_id: UUID) -> bytes:
    return masters.wrap(masters.unwrap(master_id, wrapped, tenant_id), tenant_id)


def main() -> None:
    """Rotate one database."""
    masters = MasterKeys.read(os.environ["DEALTRAIL_MASTER_KEYS"])
    count = asyncio.run(rotate(os.environ["DEALTRAIL_MIGRATION_URL"], masters))
    sys.stdout.write(f"{count} tenants' keys wrapped under {masters.newest}\n")


if __name__ == "__main__":
    main()
