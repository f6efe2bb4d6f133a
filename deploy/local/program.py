"""A program and the care for it: started, heard, started again when it falls, stopped, never left behind."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from deploy.local import launch
from deploy.local.log import Log

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
STEADY_S = 30.0
"""A program that ran this long is trusted again: the next pause is the first."""
LONGEST_LINE = 1 << 20
NOBODY = 0
"""The process of what has not begun."""


@dataclass(frozen=True)
class Program:
    """What to run and how to end it."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables beside those of the supervisor's own environment."""
    ending: str = "SIGTERM"
    """The signal that asks for an orderly end."""
    user: str = "self"
    """Who runs it; see launch.py."""
    forked: bool = False
    """`command` is `python -m` a module of ours, which may begin as a fork of what has loaded our libraries already."""
    unsaid: tuple[str, ...] = ()
    """Lines with one of these texts are not worth showing."""

    def launched(self, record: Path) -> list[str]:
        """The command that runs it as its user, ends it with this process, and says in `record` which process it is."""
        own = [str(os.getpid()), self.ending, self.user, str(record)]
        return [sys.executable, "-I", "-S", launch.__file__, *own, *self.command]


class Running(Protocol):
    """A process that has begun."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    @property
    def stdout(self) -> asyncio.StreamReader | None: ...

    async def wait(self) -> int: ...


Begin = Callable[[Program, Path], Awaitable[Running]]
"""How a program begins; the path is its record."""


async def execute(program: Program, record: Path) -> Running:
    """Begin it as a program of its own."""
    return await asyncio.create_subprocess_exec(
        *program.launched(record),
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | dict(program.environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C is for the supervisor, which ends them in order
        limit=LONGEST_LINE,
    )


class Child:
    """One program under care. `records` is the folder that says which processes belong to this home."""

    def __init__(self, program: Program, records: Path, log: Log, begin: Begin = execute) -> None:
        self.program = program
        self._begin = begin
        self._record = records / program.name
        self._log = log
        self._process: Running | None = None
        self._care: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The process, if one runs now."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def start(self) -> None:
        """Begin to care for it."""
        self._care = asyncio.create_task(self._keep_running())

    async def run_once(self) -> int:
        """Run it to its end; the exit code."""
        process = self._process = await self._begin(self.program, self._record)
        heard = asyncio.create_task(self._hear(process))
        try:
            code = await process.wait()
        finally:
            signal_group(process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(heard, 1)
        self._record.unlink(missing_ok=True)
        return code

    async def stop(self, patience_s: float) -> None:
        """Ask it to end; end it by force after `patience_s`. Nothing of it runs afterwards."""
        self._stopping = True
        if self._care is None:
            return
        if (pid := self.pid) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.Signals[self.program.ending])
        elif not self._care.done():
            self._care.cancel()
        if not (await asyncio.wait([self._care], timeout=patience_s))[0]:
            self._log.say(self.program.name, f"did not end within {patience_s:.1f} s and is killed")
            self.kill()
            await asyncio.wait([self._care])

    def kill(self) -> None:
        """End it at once."""
        self._stopping = True
        if (pid := self.pid) is not None:
            signal_group(pid, signal.SIGKILL)

    async def _keep_running(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            code = await self.run_once()
            if self._stopping:
                return
            if time.monotonic() - began > STEADY_S:
                pause = FIRST_PAUSE_S
            self._log.say(self.program.name, f"ended with {meaning(code)}; starts again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _hear(self, process: Running) -> None:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                line = b"(a line too long to show)\n"
            if not line:
                return
            text = line.decode(errors="replace")
            if not any(word in text for word in self.program.unsaid):
                self._log.say(self.program.name, text)


async def until(condition: Callable[[], bool], patience_s: float, pause_s: float = 0.02) -> bool:
    """Whether the condition came true within `patience_s`."""
    end = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(pause_s)
    return True


async def end_leftovers(records: Path, log: Log, patience_s: float = 10) -> None:
    """End what a supervisor that was killed could not end. The kernel has asked it to end already."""
    await asyncio.gather(*(_end_leftover(record, log, patience_s) for record in records.iterdir()))


async def _end_leftover(record: Path, log: Log, patience_s: float) -> None:
    pid, _, began = record.read_text().strip().partition(" ")

    def gone() -> bool:
        return not began or launch.started(int(pid)) != began

    if not gone():
        log.say(record.name, f"is left from an earlier run (process {pid}) and ends first")
        if not await until(gone, patience_s):
            signal_group(int(pid), signal.SIGKILL)
            await until(gone, patience_s)
    record.unlink()


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal a process and what it began, if it is there."""
    if pid == NOBODY:
        return  # to the kernel, the group 0 is our own
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def meaning(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
