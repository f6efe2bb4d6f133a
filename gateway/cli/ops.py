"""Operators' commands: dead letters, rebuilds and republishing, on the databases and the broker themselves."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from gateway.cli.session import Refused
from gateway.cli.words import say

PLACES = ("DEALTRAIL_MIGRATION_URL", "DEALTRAIL_NATS_URL")
SERVICES = ("leads", "opportunities", "contracts", "timeline", "analytics", "gateway")
REBUILDABLE = ("timeline", "analytics")


def dead_letters(given: argparse.Namespace) -> int:
    """`dealtrail ops dead-letters`."""
    return _run(given.service, "services.kit.deadletters", given.what, *given.events)


def rebuild(given: argparse.Namespace) -> int:
    """`dealtrail ops rebuild`."""
    only = ["--tenant", given.tenant] if given.tenant else []
    return _run(given.service, f"services.{given.service}.rebuild", *only)


def republish(given: argparse.Namespace) -> int:
    """`dealtrail ops republish`."""
    return _run(given.service, "services.kit.republish", *(["--since", given.since] if given.since else []))


def _run(service: str, module: str, *arguments: str) -> int:
    """Run the module as a program of its own, told where the service's database and the broker are."""
    told = {name: os.environ[name] for name in PLACES if name in os.environ} or _of_home(service)
    if len(told) < len(PLACES):
        raise Refused(
            say("say where by {places}; or by DEALTRAIL_HOME, of one that runs here", places=" and ".join(PLACES))
        )
    return subprocess.run([sys.executable, "-m", module, *arguments], env=os.environ | told, check=False).returncode


def _of_home(service: str) -> dict[str, str]:
    """Where both are for a Dealtrail that `make up` runs on this machine."""
    from deploy.local import standing  # noqa: PLC0415 - only what is run from a checkout has it

    try:
        found = standing.found(Path(os.environ.get("DEALTRAIL_HOME") or ".dealtrail"), service)
    except OSError:
        return {}
    return dict(zip(PLACES, found, strict=True))
