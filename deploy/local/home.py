"""The folder in which one Dealtrail lives: its data, its secrets, and who holds it now."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Unusable(Exception):
    """The folder cannot be used now; the text says why and what helps."""


class Home:
    """One folder, one running Dealtrail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.secrets = self.folder / "secrets"
        self.records = self.folder / "processes"
        self.addresses = self.folder / "addresses.json"
        """Where each process is found: {"leads": {"calls": "host:port", "metrics": "host:port"}, …}."""

    @contextmanager
    def held(self, address: str) -> Iterator[None]:
        """Hold the folder while the block runs; `address` is told to whoever comes meanwhile.

        Refused: Unusable if another process holds it or the folder is somebody else's. The kernel
        lets go of it when this process ends, however it ends.
        """
        self._make()
        with (self.folder / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Unusable(self._holder()) from None
            lock.truncate(0)
            json.dump({"pid": os.getpid(), "address": address}, lock)
            lock.flush()
            yield

    def _make(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.records.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Unusable(f"{self.folder} cannot be made: {error.strerror}. DEALTRAIL_HOME names another") from None
        if self.folder.stat().st_uid != os.geteuid():
            raise Unusable(f"{self.folder} belongs to another user. DEALTRAIL_HOME names another folder")

    def _holder(self) -> str:
        try:
            told = json.loads((self.folder / "lock").read_text())
        except ValueError:
            return f"Dealtrail is already starting from {self.folder}"
        return (
            f"Dealtrail is already running from {self.folder} (process {told['pid']}) at {told['address']}. "
            "Stop it there with Ctrl-C, or choose another folder by DEALTRAIL_HOME and another DEALTRAIL_GATEWAY_PORT"
        )
