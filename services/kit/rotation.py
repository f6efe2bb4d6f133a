"""`python -m services.kit.rotation`: wrap every tenant's key under the newest master key.

DEALTRAIL_MIGRATION_URL names a service's database, as the role that owns it; DEALTRAIL_MASTER_KEYS the
file of the master keys, the old ones and the new one, which stands last.
"""

import asyncio
import os
import sys

import asyncpg

from services.kit.vault import MasterKeys

FIND = "SELECT tenant_id, master_id, wrapped FROM tenant_keys WHERE master_id <> $1 FOR UPDATE"
WRAP = "UPDATE tenant_keys SET master_id = $2, wrapped = $3 WHERE tenant_id = $1"


async def rotate(url: str, masters: MasterKeys) -> int:
    """Wrap them anew; how many there were."""
    owner = await asyncpg.connect(url)
    try:
        async with owner.transaction():
            rows = await owner.fetch(FIND, masters.newest)
            for tenant_id, master_id, wrapped in rows:
                secret = masters.unwrap(master_id, wrapped, tenant_id)
                await owner.execute(WRAP, tenant_id, masters.newest, masters.wrap(secret, tenant_id))
    finally:
        await owner.close()
    return len(rows)


def main() -> None:
    """Rotate one database."""
    masters = MasterKeys.read(os.environ["DEALTRAIL_MASTER_KEYS"])
    count = asyncio.run(rotate(os.environ["DEALTRAIL_MIGRATION_URL"], masters))
    sys.stdout.write(f"{count} tenants' keys wrapped under {masters.newest}\n")


if __name__ == "__main__":
    main()
