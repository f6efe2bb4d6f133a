"""`make up`: a whole Dealtrail on this machine, until Ctrl-C."""

import asyncio
import os
import sys

from deploy.local.log import Log
from deploy.local.settings import Settings
from deploy.local.supervisor import run
from deploy.local.traces import launch

# Told to the supervisor: each process gets its own, and no server needs any.
OWN = ("DEALTRAIL_DATABASE_URL", "DEALTRAIL_NATS_URL", "DEALTRAIL_GATEWAY_PORT", "DEALTRAIL_DEMO_PASSWORD")


def main() -> None:
    """Run; exit with 0 if it was told to end, with 1 if it could not come up."""
    settings = Settings.from_environment(os.environ)
    for name in OWN:
        os.environ.pop(name, None)
    if settings.traces:
        os.environ.update(launch.told() | os.environ)
    sys.exit(asyncio.run(run(settings, Log())))


if __name__ == "__main__":
    main()
