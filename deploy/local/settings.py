"""What the user of `make up` may choose."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.local.servers import HOST

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@dataclass(frozen=True)
class Settings:
    """Each field is the variable DEALTRAIL_<NAME>, but for `demo`, which is DEMO."""

    home: Path = Path(".dealtrail")
    """The folder of all data."""
    gateway_port: int = 8080
    """Where the API and the console are served, on this machine only."""
    database_url: str = ""
    """A PostgreSQL elsewhere, as a role that may make databases and roles. Then none is started here."""
    nats_url: str = ""
    """A NATS with JetStream elsewhere. Then none is started here."""

    demo_password: str = ""
    """The password of everybody in the tenant "demo", from the first start on; made up if empty."""
    demo: bool = True
    """Whether to load the demo data: DEMO=0 leaves the tenant empty."""
    traces: bool = True
    """Whether to show traces on a page; not with DEALTRAIL_TRACES=0, nor where OpenTelemetry is told another place."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read them; a malformed one ends the process with its name."""
        port = environment.get("DEALTRAIL_GATEWAY_PORT") or str(cls.gateway_port)
        if not port.isdecimal() or not 0 < int(port) < 1 << 16:
            raise SystemExit(f"DEALTRAIL_GATEWAY_PORT={port} is not a port")
        return cls(
            home=Path(environment.get("DEALTRAIL_HOME") or cls.home).expanduser(),
            gateway_port=int(port),
            database_url=environment.get("DEALTRAIL_DATABASE_URL", ""),
            nats_url=environment.get("DEALTRAIL_NATS_URL", ""),
            demo_password=environment.get("DEALTRAIL_DEMO_PASSWORD", ""),
            demo=environment.get("DEMO", "1") != "0",
            traces=environment.get("DEALTRAIL_TRACES", "1") != "0" and ENDPOINT not in environment,
        )

    @property
    def address(self) -> str:
        """Where the gateway is found."""
        return f"http://{HOST}:{self.gateway_port}"
