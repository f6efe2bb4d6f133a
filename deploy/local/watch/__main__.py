"""`make watch`: tell which alerts go off for the Dealtrail that `make up` runs here, until Ctrl-C."""

import os
import signal
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from deploy.local.debian import NotToBeHad
from deploy.local.settings import Settings
from deploy.local.watch import targets
from deploy.local.watch.prometheus import Prometheus, watching

SETTLES_S = 2
"""By then it is over what a Prometheus in a hurry believed of processes before it had looked at them."""


def main() -> None:
    """Watch; HURRY=60 makes a minute of the rules a second."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that its Prometheus ends with it
    hurry = int(os.environ.get("HURRY") or 1)
    home = Settings.from_environment(os.environ).home
    if not targets.running(home):
        sys.exit(f"no Dealtrail runs from {home}; `make up` starts one")
    try:
        with tempfile.TemporaryDirectory() as folder, watching(home, Path(folder), hurry) as prometheus:
            time.sleep(SETTLES_S)
            print(f"Prometheus at {prometheus.address}; Ctrl-C stops it", flush=True)
            _tell(prometheus)
    except NotToBeHad as error:
        sys.exit(f"{error}: install Prometheus 2.42 or newer")
    except KeyboardInterrupt:
        return


def _tell(prometheus: Prometheus) -> None:
    """One line for each alert that begins to wait, goes off, or is over."""
    known: dict[str, str] = {}
    while True:
        now = prometheus.alerts()
        for name in sorted(known.keys() | now.keys()):
            if known.get(name) != now.get(name):
                print(f"{datetime.now().astimezone():%H:%M:%S} {now.get(name, 'over'):<8} {name}", flush=True)
        known = now
        time.sleep(0.5)


if __name__ == "__main__":
    main()
