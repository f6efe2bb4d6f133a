"""Where the processes of a home show their metrics, as Prometheus wants to be told."""

import json
from pathlib import Path
from typing import Any

from deploy.local.home import Home


def running(home: Path) -> bool:
    """Whether a Dealtrail has been started from there."""
    return Home(home).addresses.exists()


def read(home: Path) -> list[dict[str, Any]]:
    """One group a process. It holds until the next start."""
    known = json.loads(Home(home).addresses.read_text())
    return [
        {"targets": [ports["metrics"]], "labels": {"job": "dealtrail", "service": name}}
        for name, ports in known.items()
    ]
