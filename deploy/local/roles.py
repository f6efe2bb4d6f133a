"""Who works in the databases, and the ways in."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from deploy.local.keys import secret

OWNER = "dealtrail_owner"
"""Owns databases and tables; migrations run as it."""
APP = "dealtrail_app"
"""Serves requests: owns nothing, passes no row-level security."""
RELAY = "dealtrail_relay"
"""Reads and marks every tenant's outbox and nothing else; the app is not one of its members."""
ROLES = (OWNER, APP, RELAY)


@dataclass(frozen=True)
class Access:
    """The ways into one database."""

    app: str
    relay: str
    owner: str


def access(admin_url: str, secrets: Path, database: str) -> Access:
    """The URLs of each role for a database; `secrets` is the folder with their passwords."""
    app, relay, owner = (_url(admin_url, role, secret(secrets, role), database) for role in (APP, RELAY, OWNER))
    return Access(app, relay, owner)


def database_of(name: str) -> str:
    """The database of a service or of the gateway."""
    return f"dealtrail_{name}"


def _url(admin_url: str, role: str, password: str, database: str) -> str:
    """The same server, entered as another role."""
    parts = urlsplit(admin_url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{password}@{place}", path=f"/{database}"))
