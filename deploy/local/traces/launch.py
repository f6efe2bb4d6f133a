"""How `make up` has its traces shown: what its processes are told, and the program that shows."""

import os
import sys
from dataclasses import replace
from urllib.parse import urlsplit

from deploy.local.program import Program
from deploy.local.servers import HOST, free_ports
from deploy.local.settings import ENDPOINT

OFTEN = {"DEALTRAIL_TRACE_RATIO": "1", "DEALTRAIL_TRACE_LIMIT": "10"}
"""Whoever tries one thing finds its trace; under load no more than these each second are paid for."""


def told() -> dict[str, str]:
    """Variables for all processes."""
    (port,) = free_ports(1)
    return {ENDPOINT: f"http://{HOST}:{port}", "OTEL_BSP_SCHEDULE_DELAY": "1000"}


def traced(gateway: Program) -> Program:
    """The gateway, where requests enter, with a trace for each; unless the user has said how many there shall be.

    Not the services: what they begin themselves are the batches of imports, each with a thousand spans.
    """
    chosen = {name: value for name, value in OFTEN.items() if name not in os.environ}
    return replace(gateway, environment=dict(gateway.environment) | chosen)


def page() -> Program:
    """What takes the spans and shows them, at the address that all have been told."""
    command = (sys.executable, "-m", "deploy.local.traces", HOST, str(urlsplit(os.environ[ENDPOINT]).port))
    return Program("traces", command)
