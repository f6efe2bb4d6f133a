"""What is tried: a running Dealtrail with a company in it, and whether it is still well."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from deploy.local.keys import PRIVATE_KEYS
from deploy.local.layout import GATEWAY, services
from services.kit.principal import Principal, TokenMint
from tests.people import Company
from tests.stack import Stack

OURS = (
    "call failed",
    "request failed",
    "page failed",
    "consumer failed",
    "import failed",
    "import interrupted",
    "a task ended",
    "Exception in ASGI application",
    "Fatal Python error",
    "; starts again in",
)
"""What the log says when the fault is ours, or a process ended."""


class Target:
    """The stack and how it stood when the fuzz began."""

    def __init__(self, stack: Stack, company: Company, boss: Principal) -> None:
        self.stack = stack
        self.company = company
        self.boss = boss
        self._pids = self._standing()
        self._read = stack.log.stat().st_size

    @classmethod
    async def of(cls, stack: Stack, company: Company) -> "Target":
        """With the company's boss as whoever calls."""
        me = await company.boss.get("/v1/me")
        team = UUID(me["teamId"]) if me["teamId"] else None
        return cls(stack, company, Principal(UUID(me["tenantId"]), UUID(me["userId"]), "BOSS", team))

    @property
    def processes(self) -> list[str]:
        """The names of our processes."""
        return [*services(), GATEWAY]

    def address(self, process: str) -> str:
        """Where a process takes calls."""
        return self.stack.address(process, "calls")

    def internal_token(self, role: str = "BOSS") -> str:
        """What the gateway would say of the company's boss, were that their role."""
        return TokenMint(str(self.stack.home / "secrets" / PRIVATE_KEYS)).sign(replace(self.boss, role=role))

    def rss_mb(self, process: str) -> float:
        """The memory that a process holds."""
        status = Path(f"/proc/{self.stack.pid(process)}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024

    def harmed(self) -> list[str]:
        """What is not as it was: processes that ended, and faults of ours in the log since this was asked last."""
        found = [f"{name} ended" for name, pid in self._standing().items() if pid != self._pids[name]]
        if not self.stack.ready():
            found.append("the stack is not ready")
        self._pids = self._standing()
        with self.stack.log.open("rb") as log:
            log.seek(self._read)
            text = log.read().decode(errors="replace")
            self._read = log.tell()
        return found + [line for line in text.splitlines() if any(words in line for words in OURS)]

    def _standing(self) -> Mapping[str, int]:
        return {name: self.stack.pid(name) for name in self.processes}
