"""Faults inside our own processes, for tests: read by Python at its start where PYTHONPATH leads here.

DEALTRAIL_FAULTS names a folder; a file in it turns a fault on. A file `once-...` is taken by whoever comes first.
"""

import importlib.abc
import importlib.machinery
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(os.environ.get("DEALTRAIL_FAULTS", "/nonexistent"))


def told(name: str) -> str | None:
    """What the file says; None if there is none."""
    try:
        return (FOLDER / name).read_text()
    except OSError:
        return None


def die_once(name: str) -> None:
    """End here and now, if nobody else has for this file."""
    try:
        (FOLDER / name).unlink()
    except OSError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def in_relay(relay: Any) -> None:
    """Between publishing and marking; and amid a wave, when its stream has one batch and not the next."""
    import asyncio

    publish, send = relay.Relay._publish_wave, relay.Relay._send

    async def publish_wave(self: Any, batches: Any, stuck: Any, kept: Any) -> None:
        await publish(self, batches, stuck, kept)
        if kept:
            die_once("once-published")

    async def send_one(self: Any, rows: Any) -> Any:
        answer = await send(self, rows)
        if told("once-sent") is not None:
            await asyncio.wait([answer])
            die_once("once-sent")
        return answer

    relay.Relay._publish_wave = publish_wave
    relay.Relay._send = send_one


def in_inbox(inbox: Any) -> None:
    """In a handler: an error for one event in a hundred, or a long pause."""
    import asyncio

    handle = inbox.Inbox._handle

    async def faulty(self: Any, tx: Any, run: Any) -> None:
        if told("one-percent") is not None and any(event.envelope.id.int % 100 == 0 for event in run):
            raise ArithmeticError("a bug that a test planted")
        if pause := told("once-slow"):
            (FOLDER / "once-slow").unlink(missing_ok=True)
            await asyncio.sleep(float(pause))
        await handle(self, tx, run)

    inbox.Inbox._handle = faulty


def in_deliveries(msg: Any) -> None:
    """Between commit and acknowledgement."""
    ack = msg.Msg.ack

    async def dying(self: Any) -> None:
        die_once("once-applied")
        await ack(self)

    msg.Msg.ack = dying


def in_transactions(transaction: Any) -> None:
    """A clock that is wrong by so many seconds."""
    from datetime import datetime, timedelta

    class Skewed(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override] # a clock that is wrong
            return datetime.now(tz) + timedelta(seconds=float(told(f"clock-{sys.argv[0].split('/')[-2]}") or 0))

    transaction.datetime = Skewed


PLACES: dict[str, Callable[[Any], None]] = {
    "services.kit.relay": in_relay,
    "services.kit.inbox": in_inbox,
    "services.kit.transaction": in_transactions,
    "nats.aio.msg": in_deliveries,
}


class Finder(importlib.abc.MetaPathFinder):
    """Lets modules load as they are, and then plants."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in PLACES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        assert spec
        assert spec.loader
        execute = spec.loader.exec_module

        def planted(module: ModuleType) -> None:
            execute(module)
            PLACES[name](module)

        spec.loader.exec_module = planted  # type: ignore[method-assign] # plants the bug
        return spec


if FOLDER.is_dir():
    sys.meta_path.insert(0, Finder())
