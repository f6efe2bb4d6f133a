"""Which processes make a Dealtrail, and what each is told through its environment."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.home import Home
from deploy.local.keys import MASTER_KEYS, PRIVATE_KEYS, PUBLIC_KEYS, master_keys, secret
from deploy.local.program import Program
from deploy.local.roles import access, database_of
from deploy.local.servers import HOST, free_ports
from deploy.local.tenant import DEMO_PASSWORD

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = "gateway"


def services() -> list[str]:
    """All services: each is a folder that can be run."""
    return sorted(path.parent.name for path in (ROOT / "services").glob("*/__main__.py"))


LONGEST = "leads"
MODULES: Mapping[str, str] = {LONGEST: f"services.{LONGEST}", GATEWAY: GATEWAY} | {
    name: f"services.{name}" for name in services()
}
"""What each of our processes runs; those that take longest to load come first."""
PREPARATION = "deploy.local.prepare"


@dataclass(frozen=True)
class Servers:
    """The servers that all processes use, ours or somebody else's."""

    database_url: str
    """As the administrator."""
    nats_url: str


class Layout:
    """One choice of ports; it holds as long as the supervisor lives, so that a process starts again where it was."""

    def __init__(self, home: Home, servers: Servers, gateway_port: int) -> None:
        self._home = home
        self._servers = servers
        self._gateway_port = gateway_port
        self._names = list(MODULES)
        taken = iter(free_ports(2 * len(self._names)))
        self._calls = {name: next(taken) for name in self._names}
        self._metrics = {name: next(taken) for name in self._names}

    def probes(self) -> Mapping[str, int]:
        """The port on which each process says at /readyz whether it is ready; last the gateway, who asks the others."""
        services = {name: port for name, port in self._metrics.items() if name != GATEWAY}
        return services | {GATEWAY: self._gateway_port}

    def addresses(self) -> Mapping[str, Mapping[str, str]]:
        """Where each process takes calls by gRPC, and where it shows its metrics."""
        return {
            name: {"calls": f"{HOST}:{self._calls[name]}", "metrics": f"{HOST}:{self._metrics[name]}"}
            for name in self._names
        }

    def preparation(self, demo_password: str) -> Program:
        """What must have run before the others start. The demo's password is made up if it is empty."""
        command = (sys.executable, "-m", PREPARATION, str(self._home.secrets), *self._names)
        told = {"DEALTRAIL_DATABASE_URL": self._servers.database_url, "DEALTRAIL_DEMO_PASSWORD": demo_password}
        return Program("prepare", command, told, forked=True)

    def demo(self, address: str) -> Program:
        """What loads the demo into the gateway at this address, unless that is done."""
        told = {
            "DEALTRAIL_DEMO_ADDRESS": address,
            "DEALTRAIL_DEMO_PASSWORD": secret(self._home.secrets, DEMO_PASSWORD),
        }
        return Program("demo", (sys.executable, "-m", "deploy.local.demo"), told)

    def services(self) -> Iterable[Program]:
        """The services."""
        for name in self._names:
            if name != GATEWAY:
                yield _module(name, self._told(name, PUBLIC_KEYS))

    def gateway(self) -> Program:
        """The gateway, which alone can vouch for callers."""
        told = self._told(GATEWAY, PRIVATE_KEYS) | {"DEALTRAIL_GATEWAY_PORT": str(self._gateway_port)}
        return _module(GATEWAY, told)

    def _told(self, name: str, keys: str) -> dict[str, str]:
        secrets = self._home.secrets
        secret(secrets, "page_tokens")
        master_keys(secrets)
        ways = access(self._servers.database_url, secrets, database_of(name))
        peers = {("identity" if peer == GATEWAY else peer): port for peer, port in self._calls.items()}
        return {
            "DEALTRAIL_DATABASE_URL": ways.app,
            "DEALTRAIL_RELAY_DATABASE_URL": ways.relay,
            "DEALTRAIL_NATS_URL": self._servers.nats_url,
            "DEALTRAIL_LISTEN": f"{HOST}:{self._calls[name]}",
            "DEALTRAIL_METRICS_PORT": str(self._metrics[name]),
            "DEALTRAIL_PEERS": ",".join(f"{peer}={HOST}:{port}" for peer, port in peers.items()),
            "DEALTRAIL_INTERNAL_KEYS": str(secrets / keys),
            "DEALTRAIL_TOKEN_SECRET": str(secrets / "page_tokens"),
            "DEALTRAIL_MASTER_KEYS": str(secrets / MASTER_KEYS),
        }


def _module(name: str, told: Mapping[str, str]) -> Program:
    return Program(name, (sys.executable, "-m", MODULES[name]), told, forked=True)
