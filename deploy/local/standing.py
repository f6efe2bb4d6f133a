"""Where the servers of a running home are, for whoever comes from outside the supervisor."""

from pathlib import Path

from deploy.local.keys import MASTER_KEYS
from deploy.local.roles import access, database_of
from deploy.local.servers import Nats, Postgres


def found(home: Path, name: str) -> tuple[str, str]:
    """The database of a service or of the gateway, as its owner, and NATS. OSError if they do not run from there."""
    home = home.absolute()
    port = int((home / "postgres" / "postmaster.pid").read_text().splitlines()[3])
    database = access(Postgres(home, port).url, home / "secrets", database_of(name)).owner
    return database, broker(home).url


def master_keys(home: Path) -> Path:
    """The file of the master keys."""
    return home.absolute() / "secrets" / MASTER_KEYS


def broker(home: Path) -> Nats:
    """NATS. OSError if it was never run from there."""
    home = home.absolute()
    listen = (home / "nats" / "nats.conf").read_text().split('"')[1]
    return Nats(home, int(listen.rpartition(":")[2]))
