"""`make demo`: load the demo into a Dealtrail that runs on this machine. `make up` does it by itself.

DEALTRAIL_DEMO_ADDRESS and DEALTRAIL_DEMO_PASSWORD say where and as whom; without them, what DEALTRAIL_HOME tells.
"""

import json
import os
import sys
from pathlib import Path
from uuid import UUID

from deploy.local.demo import cash, company, figures, sales
from deploy.local.demo.api import Api, Failed
from deploy.local.keys import secret
from deploy.local.settings import Settings
from deploy.local.tenant import BOSS, DEMO_PASSWORD, TENANT


def load(address: str, password: str) -> None:
    """Load what is not there yet, then show the figures. Refused: Failed."""
    api = Api(address, TENANT, BOSS, password)
    if not _loaded(api):
        tenant_id = UUID(api("GET", "/v1/me")["tenantId"])
        company.load(api, tenant_id, password)
        sales.load(api, tenant_id)
        cash.load(api)
    figures.await_counted(api)
    figures.show(api)
    print(
        f"Try {address}/docs: sign in to {TENANT} as {BOSS}, west, darcel.schlecht …; password {password}", flush=True
    )


def _loaded(api: Api) -> bool:
    """Receipts come last."""
    operations = api("GET", "/v1/operations", pageSize=200, state="SUCCEEDED")["operations"]
    return any(operation["kind"] == "receipts" for operation in operations)


def main() -> None:
    """Load; exit with 1 if it cannot."""
    home = Settings.from_environment(os.environ).home
    try:
        address = os.environ.get("DEALTRAIL_DEMO_ADDRESS") or _address(home)
        password = os.environ.get("DEALTRAIL_DEMO_PASSWORD") or secret(home / "secrets", DEMO_PASSWORD)
        load(address, password)
    except Failed as failed:
        sys.exit(str(failed))


def _address(home: Path) -> str:
    """Where the Dealtrail of this home is found."""
    try:
        return str(json.loads((home / "lock").read_text())["address"])
    except (OSError, ValueError, KeyError):
        raise Failed(f"nothing runs from {home}; `make up` starts it") from None


if __name__ == "__main__":
    main()
