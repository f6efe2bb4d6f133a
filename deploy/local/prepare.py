"""What must be true before services start: keys, roles, databases, migrations. Run as a process of its own, then gone.

    python -m deploy.local.prepare SECRETS NAME...

DEALTRAIL_DATABASE_URL is the administrator's, DEALTRAIL_DEMO_PASSWORD that of the boss of the tenant "demo".

The supervisor, which lives long, thereby stays free of all these libraries.
"""

import asyncio
import importlib
import os
import sys
from pathlib import Path

from deploy.local import tenant
from deploy.local.databases import ensure
from deploy.local.keys import MASTER_KEYS, master_keys, signing_keys
from deploy.local.roles import access, database_of
from services.kit.backfill import backfill
from services.kit.migrations import upgrade
from services.kit.vault import MasterKeys

SEALED = {"leads": "services.leads.seal", "timeline": "services.timeline.seal"}
"""Where a service says what it keeps sealed: rows from before are sealed before it starts."""


def main() -> None:
    """Bring everything to the state that this version needs."""
    secrets, names = Path(sys.argv[1]), sys.argv[2:]
    url = os.environ["DEALTRAIL_DATABASE_URL"]
    signing_keys(secrets)
    master_keys(secrets)
    asyncio.run(ensure(url, secrets, map(database_of, names)))
    for name in names:
        owner = access(url, secrets, database_of(name)).owner
        upgrade(name, owner)
        if name in SEALED:
            sealed = importlib.import_module(SEALED[name]).SEALED
            asyncio.run(backfill(owner, MasterKeys.read(str(secrets / MASTER_KEYS)), sealed))
    tenant.ensure(
        secrets, access(url, secrets, database_of("gateway")).app, os.environ.get("DEALTRAIL_DEMO_PASSWORD", "")
    )


if __name__ == "__main__":
    main()
