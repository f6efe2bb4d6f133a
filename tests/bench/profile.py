"""Where the time of a request goes: flame graphs of gateway and service under load, by py-spy."""

import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.bench.requests import creating, drive
from tests.stack import Stack

PROGRAM = Path(sysconfig.get_path("scripts")) / "py-spy"
SECONDS = 8


def record(stack: Stack, folder: Path) -> None:
    """profile-gateway.svg and profile-leads.svg into the folder, while leads are created by 32 connections.

    Only threads that hold the interpreter are counted. Left out where the system lets nobody look into a process.
    """
    folder.mkdir(exist_ok=True)
    for name in ("gateway", "leads"):
        picture = folder / f"profile-{name}.svg"
        options = ["--gil", "--rate", "200", "--duration", str(SECONDS - 2), "--output", str(picture)]
        looking = subprocess.Popen(
            [PROGRAM, "record", *options, "--pid", str(stack.pid(name))], stdout=subprocess.DEVNULL, stderr=sys.stderr
        )
        drive(creating(stack, 32, SECONDS))
        if looking.wait(30):
            print(f"profile of {name}: left out, the system does not allow it")
