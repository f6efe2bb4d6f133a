"""Servers without a supervisor: for as long as a block runs, or shared by all processes of a test run.

python -m deploy.local.shared FOLDER      one PostgreSQL; ends when nobody holds FOLDER/users any more
"""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.databases import ensure
from deploy.local.servers import Nats, Postgres, free_ports

PATIENCE_S = 30


@dataclass(frozen=True)
class SharedPostgres:
    """What a user of the shared server needs to know."""

    url: str
    """As the administrator."""
    secrets: Path
    """The folder with the passwords of the roles."""


@contextmanager
def running(server: Postgres | Nats) -> Iterator[str]:
    """Run the server while the block runs; its URL."""
    server.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    server.prepare()
    program = server.program()
    record = server.home / f"{program.name}.process"
    with (server.home / f"{program.name}.log").open("ab") as log:
        process = subprocess.Popen(
            program.launched(record),
            env=os.environ | dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_ready(server, process, Path(log.name))
        yield server.url
    finally:
        process.send_signal(signal.Signals[program.ending])
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_ready(server: Postgres | Nats, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while not server.ready():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


@contextmanager
def shared_postgres(folder: Path) -> Iterator[SharedPostgres]:
    """The PostgreSQL of this folder, started by whoever comes first. A killed user counts as gone."""
    users = _hold(folder)
    try:
        with (folder / "start").open("a") as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            told = folder / "server.json"
            if not told.exists():
                _start(folder, told)
        known = json.loads(told.read_text())
        yield SharedPostgres(known["url"], Path(known["secrets"]))
    finally:
        os.close(users)


def _hold(folder: Path) -> int:
    """Be counted as a user of the folder, and not of one that is just being removed."""
    while True:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        users = os.open(folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            if os.fstat(users).st_ino == (folder / "users").stat().st_ino:
                return users
        except FileNotFoundError:
            pass
        os.close(users)


def _start(folder: Path, told: Path) -> None:
    with (folder / "log").open("ab") as log:
        command = [sys.executable, "-m", "deploy.local.shared", str(folder)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    end = time.monotonic() + PATIENCE_S
    while not told.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"no shared PostgreSQL: {(folder / 'log').read_text()[-2000:]}")
        time.sleep(0.02)
    process.returncode = 0  # disowned: it lives as long as its last user, who may be another process


def main() -> None:
    """Serve until the last user has gone, then leave nothing behind."""
    folder = Path(sys.argv[1])
    server = Postgres(folder / "home", free_ports(1)[0], durable=False)
    secrets = server.home / "secrets"
    with (folder / "users").open("r") as users:
        with running(server) as url:
            asyncio.run(ensure(url, secrets, ()))
            fresh = folder / "server.json.new"
            fresh.write_text(json.dumps({"url": url, "secrets": str(secrets)}))
            fresh.rename(folder / "server.json")
            fcntl.flock(users, fcntl.LOCK_EX)
        # Whoever waits for the lock by now finds the folder gone and begins anew.
        shutil.rmtree(folder.rename(folder.with_name(f"{folder.name}.{os.getpid()}")), ignore_errors=True)


if __name__ == "__main__":
    main()
