"""What the code needs and does, read from the code itself: what a chart that configures it is held against."""

import ast
import importlib
import re
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from deploy.local.layout import GATEWAY, services
from gateway import __main__ as gateway
from services.kit.events import Subscriptions
from services.kit.settings import PREFIX, Settings
from services.kit.streams import Stream

NAME = re.compile(rf"{PREFIX}[A-Z_]+")
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Needs:
    """What one process is made for."""

    settings: type[Settings]
    calls: set[str]
    """Peers that it names."""
    reads: set[str]
    """Streams that it listens to."""
    tells: dict[str, str]
    """Streams that it keeps beside that of its own events, with their subjects."""

    @property
    def required(self) -> set[str]:
        """Variables without which it does not start."""
        return {PREFIX + field.name.upper() for field in fields(self.settings) if field.default is MISSING}

    @property
    def optional(self) -> set[str]:
        """Variables that it reads and starts without."""
        return {PREFIX + field.name.upper() for field in fields(self.settings)} - self.required

    @property
    def known(self) -> set[str]:
        """Variables that it reads; a secret may stand in a file."""
        named = {PREFIX + field.name.upper() for field in fields(self.settings)}
        secret = {PREFIX + field.name.upper() for field in fields(self.settings) if not field.repr}
        return named | {f"{name}_FILE" for name in secret} | spoken()


def names() -> list[str]:
    """All processes."""
    return [*services(), GATEWAY]


def sealing() -> list[str]:
    """The services that make good, after an upgrade, what a version before kept otherwise: mostly unsealed."""
    return [name for name in services() if (ROOT / "services" / name / "seal.py").exists()]


def keyed() -> list[str]:
    """The processes whose database has keys of tenants that can be changed."""
    folders = {name: ROOT / "services" / name for name in services()} | {GATEWAY: ROOT / "gateway"}
    return [name for name, folder in folders.items() if [*folder.glob("migrations/versions/*_rekeyings.py")]]


class Wired:
    """Stands for a process while its features are wired, and keeps in mind what they asked for."""

    def __init__(self) -> None:
        self.calls: set[str] = set()
        self.reads: set[str] = set()
        self.tells: dict[str, str] = {}

    def peer(self, name: str, _: object) -> None:
        self.calls.add(name)

    def directory(self) -> None:
        self.calls.add("identity")

    def listen(self, subscriptions: Subscriptions) -> None:
        self.reads |= set(subscriptions.streams())

    def tell(self, stream: Stream) -> None:
        self.tells[stream.name] = stream.subject

    def __getattr__(self, _: str) -> Any:
        return lambda *_: None


@cache
def needs(name: str) -> Needs:
    """What the process of that name needs."""
    if name == GATEWAY:
        return Needs(gateway.Settings, set(gateway.SERVICES), set(), {})
    process: Any = Wired()
    importlib.import_module(f"services.{name}.__main__").wire(process)
    return Needs(Settings, process.calls, process.reads, process.tells)


@cache
def spoken() -> set[str]:
    """Variables that the code asks for by their whole name."""
    found = set()
    for folder in ("services", "gateway"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
                    found.add(node.value)
    return found
