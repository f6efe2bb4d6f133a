"""Look at the processes of this machine, as the tests of the supervisor need it."""

import gc
import time
import warnings
from pathlib import Path


def of_home(home: Path) -> dict[int, str]:
    """All living processes that work in the folder or were told of it: number and command."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            place = (process / "cwd").readlink()
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z" and (str(home).encode() in words or place.is_relative_to(home)):
            found[int(process.name)] = words.partition(b"\0\0")[0].replace(b"\0", b" ").decode(errors="replace")[:120]
    return found


def bury_garbage() -> None:
    """Let go of what earlier tests left unclosed, so that no test is blamed for it in which the collector finds it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def wait_for(condition, patience_s=60.0, what="it"):
    """What the condition says once it is true."""
    end = time.monotonic() + patience_s
    while not (said := condition()):
        assert time.monotonic() < end, f"{what} did not come true within {patience_s} s"
        time.sleep(0.02)
    return said


def must_be_gone(home: Path) -> None:
    """No process of that folder lives. One that was killed may need its turn to end; one that was not lives on."""
    wait_for(lambda: not of_home(home), what="the end of all processes")
