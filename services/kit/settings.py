"""Settings of a process, read from the environment once at start."""

import os
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Self

PREFIX = "DEALTRAIL_"


@dataclass(frozen=True)
class Settings:
    """What every process needs. Each field is the variable DEALTRAIL_<NAME>; a secret may stand in a file."""

    database_url: str
    """PostgreSQL of this service, as the role that owns no table."""
    relay_database_url: str
    """The same database as the role that may read every tenant's outbox and nothing else."""
    nats_url: str
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

    @classmethod
    def from_environment(cls, environment: dict[str, str] | None = None) -> Self:
        """Read them; a missing or malformed variable ends the process with its name."""
        found = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for field in fields(cls):
            name = PREFIX + field.name.upper()
            if (raw := found.get(name)) is None:
                if field.default is MISSING:
                    raise SystemExit(f"{name} is not set")
                continue
            try:
                values[field.name] = field.type(raw) if callable(field.type) else raw
            except ValueError:
                raise SystemExit(f"{name}={raw!r} is not a {field.type}") from None
        return cls(**values)

    def peer(self, name: str) -> str:
        """host:port of a service that this one calls."""
        known = dict(entry.split("=", 1) for entry in self.peers.split(",") if entry)
        if name not in known:
            raise SystemExit(f"DEALTRAIL_PEERS names no {name}")
        return known[name]

    def secret(self) -> bytes:
        """The secret that signs page tokens."""
        return Path(self.token_secret).read_bytes().strip()
