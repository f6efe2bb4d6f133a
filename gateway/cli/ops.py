"""Operators' commands, on databases and broker themselves: dead letters, rebuilding, republishing, partners …"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from gateway.cli.session import Refused
from gateway.cli.words import say

PLACES = ("DEALTRAIL_MIGRATION_URL", "DEALTRAIL_NATS_URL")
EVERYWHERE = ("DEALTRAIL_MIGRATION_URLS", "DEALTRAIL_NATS_URL")
SERVICES = ("leads", "opportunities", "contracts", "timeline", "analytics", "gateway")
REBUILDABLE = ("timeline", "analytics")
KEYED = ("leads", "timeline", "gateway")


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


def reconcile(given: argparse.Namespace) -> int:
    """`dealtrail ops reconcile`: all services together."""
    told = {name: os.environ[name] for name in EVERYWHERE if name in os.environ}
    if len(told) < len(EVERYWHERE):
        places = {name: _of_home(name) for name in SERVICES}
        _must_be_known(*places.values(), names=EVERYWHERE)
        urls = " ".join(f"{name}={place[PLACES[0]]}" for name, place in places.items())
        told = {EVERYWHERE[0]: urls, EVERYWHERE[1]: places["leads"][PLACES[1]]}
    words = ["--patience", str(given.patience), *(["--repair"] if given.repair else [])]
    words += [*(["--tenant", given.tenant] if given.tenant else []), *(["--json"] if given.json else [])]
    words += ["--metrics", given.metrics] if given.metrics else []
    command = [sys.executable, "-m", "services.kit.reconcile", *words]
    return subprocess.run(command, env=os.environ | told, check=False).returncode


def rekey(given: argparse.Namespace) -> int:
    """`dealtrail ops rekey`."""
    return _run(given.service, "services.kit.rekeying", given.what, *filter(None, (given.tenant,)))


def partners(given: argparse.Namespace) -> int:
    """`dealtrail ops partners`."""
    return _run("gateway", "gateway.identity.partners", given.what, *filter(None, (given.tenant, given.name)))


def _must_be_known(*places: dict[str, str], names: tuple[str, ...] = PLACES) -> None:
    if any(len(place) < len(PLACES) for place in places):
        raise Refused(
            say("say where by {places}; or by DEALTRAIL_HOME, of one that runs here", places=" and ".join(names))
        )


def _run(service: str, module: str, *arguments: str) -> int:
    """Run the module as a program of its own, told where the service's database and the broker are."""
    told = {name: os.environ[name] for name in PLACES if name in os.environ} or _of_home(service) | _broker_of_home()
    _must_be_known(told)
    return subprocess.run([sys.executable, "-m", module, *arguments], env=os.environ | told, check=False).returncode


def _of_home(service: str) -> dict[str, str]:
    """Where both are for a Dealtrail that `make up` runs on this machine."""
    from deploy.local import standing  # noqa: PLC0415 - only what is run from a checkout has it

    try:
        found = standing.found(_home(), service)
    except OSError:
        return {}
    return dict(zip(PLACES, found, strict=True)) | {"DEALTRAIL_MASTER_KEYS": str(standing.master_keys(_home()))}


def _broker_of_home() -> dict[str, str]:
    """Where the partners of that Dealtrail stand, and who may let its broker read them."""
    from deploy.local import standing  # noqa: PLC0415 - only what is run from a checkout has it

    try:
        broker = standing.broker(_home())
    except OSError:
        return {}
    return {"DEALTRAIL_PARTNERS_FILE": str(broker.partners_file), "DEALTRAIL_NATS_SYSTEM_URL": broker.system_url}


def _home() -> Path:
    return Path(os.environ.get("DEALTRAIL_HOME") or ".dealtrail")
