"""What `make up` does once its fork server loads: read the settings, run the supervisor."""

import asyncio
import os
import sys

from deploy.local.ahead import OWN, Ahead
from deploy.local.log import Log
from deploy.local.settings import Settings
from deploy.local.supervisor import run
from deploy.local.traces import launch


def main(ahead: Ahead | None) -> None:
    """Run; exit with 0 if it was told to end, with 1 if it could not come up."""
    settings = Settings.from_environment(os.environ)
    for name in OWN:
        os.environ.pop(name, None)
    if settings.traces:
        os.environ.update(launch.told() | os.environ)
    sys.exit(asyncio.run(run(settings, Log(), ahead)))
