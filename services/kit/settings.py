"""Settings of a process, read from the environment once at start."""

import os
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Self

from services.kit.partitions import NUMBERS
from services.kit.secrets import read_secret, variable

PREFIX = "DEALTRAIL_"


@dataclass(frozen=True)
class Settings:
    """What every process needs. Each field is the variable DEALTRAIL_<NAME>.

    A field that is not shown is a secret: it may stand in the file that DEALTRAIL_<NAME>_FILE names.
    """

    database_url: str = field(repr=False)
    """PostgreSQL of this service, as the role that owns no table."""
    relay_database_url: str = field(repr=False)
    """The same database as the role that publishes every tenant's outbox and seals the audit log."""
    nats_url: str = field(repr=False)
    """NATS with JetStream."""
    internal_keys: str
    """Path of the JWKS with the keys that sign calls between our processes."""
    token_secret: str
    """Path of the file with the secret that signs page tokens."""
    master_keys: str
    """Path of the JWKS with the keys below which personal data is sealed (see services/kit/vault.py)."""
    listen: str = "127.0.0.1:0"
    """host:port of the gRPC server."""
    metrics_port: int = 0
    """Port of /metrics, /healthz and /readyz; 0 picks a free one."""
    peers: str = ""
    """name=host:port of the services that this one calls, comma separated."""
    trace_ratio: float = 0.01
    """Share of requests that are traced, 0 to 1, decided where a request enters."""
    trace_limit: int = 100
    """Requests a second of which a process begins a trace, at most."""
    pool_size: int = 8
    """Connections to PostgreSQL; more than 8 were measured slower on one process."""
    consumer_partitions: int = 1
    """1, 2 or 4: how many processes may read one stream side by side, each the events of some tenants."""

    def __post_init__(self) -> None:
        if self.consumer_partitions not in NUMBERS:
            raise SystemExit(f"{PREFIX}CONSUMER_PARTITIONS is {self.consumer_partitions}, none of {NUMBERS}")

    @classmethod
    def from_environment(cls, environment: dict[str, str] | None = None) -> Self:
        """Read them; a missing or malformed variable ends the process with its name."""
        found = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for one in fields(cls):
            name = PREFIX + one.name.upper()
            if (raw := found.get(name) if one.repr else variable(name, found)) is None:
                if one.default is MISSING:
                    raise SystemExit(f"{name} is not set")
                continue
            try:
                values[one.name] = one.type(raw) if callable(one.type) else raw
            except ValueError:
                raise SystemExit(f"{name}={raw!r} is not a {one.type}") from None
        return cls(**values)

    def peer(self, name: str) -> str:
        """host:port of a service that this one calls."""
        known = dict(entry.split("=", 1) for entry in self.peers.split(",") if entry)
        if name not in known:
            raise SystemExit(f"DEALTRAIL_PEERS names no {name}")
        return known[name]

    def secret(self) -> bytes:
        """The secret that signs page tokens."""
        return read_secret(self.token_secret)
