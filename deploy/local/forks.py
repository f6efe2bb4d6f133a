"""The fork server as the supervisor sees it: begun when first needed and again after its death, and what it forked."""

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections import deque
from functools import partial
from pathlib import Path

from deploy.local import launch
from deploy.local.ahead import TOLD, Ahead, begin
from deploy.local.log import Log
from deploy.local.program import LONGEST_LINE, NOBODY, Child, Program, Running, meaning, signal_group, until

NAME = "forkserver"
LONGEST_WORD = 1 << 12
PATIENCE_S = 10.0
"""What was forked gets so long to end by itself after the fork server has died."""


class Adopted:
    """A process that asyncio did not begin."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader) -> None:
        self.pid = pid
        self.stdout = stdout
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self.ended.result() if self.ended.done() else None

    async def wait(self) -> int:
        """The exit code, once it has ended."""
        return await asyncio.shield(self.ended)

    def watch(self) -> None:
        """Notice its end; for children of this process."""
        loop, file = asyncio.get_running_loop(), os.pidfd_open(self.pid)

        def reap() -> None:
            loop.remove_reader(file)
            os.close(file)
            self.ended.set_result(os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]))

        loop.add_reader(file, reap)


class Forked(Adopted):
    """A process that the fork server began, or is to begin. It waits to be told what to do."""

    def __init__(self, stdin: int, stdout: asyncio.StreamReader) -> None:
        super().__init__(NOBODY, stdout)
        self.begun = asyncio.Event()
        self._stdin = stdin

    def tell(self, program: Program, record: Path) -> None:
        """What it is to do."""
        told = {
            "arguments": program.command[3:],
            "environment": os.environ | TOLD | dict(program.environment),
            "ending": program.ending,
            "record": str(record),
        }
        with contextlib.suppress(BrokenPipeError), os.fdopen(self._stdin, "wb") as stdin:
            stdin.write(json.dumps(told).encode())

    def end(self, code: int) -> None:
        """It has ended."""
        self.begun.set()
        self.ended.set_result(code)


class ForkServer:
    """Begins programs that are modules. Its death ends what it forked; whoever cares for that starts it again."""

    def __init__(self, records: Path, log: Log, ahead: Ahead | None = None) -> None:
        self._ahead = ahead
        self._records = records
        self._log = log
        self._server: Child | None = None
        self._life: asyncio.Task[None] | None = None
        self._control: socket.socket
        self._stopping = False
        self._expected: dict[str, Forked] = {}
        self._asked: deque[Forked] = deque()
        self._living: dict[int, Forked] = {}

    async def expect(self, module: str) -> None:
        """Let a process load this module, for a program that will begin."""
        self._expected[module] = await self._fork(module)

    async def begin(self, program: Program, record: Path) -> Forked:
        """Begin the program: with what was expected, or anew. If the server dies of it, its exit code is 1."""
        module = program.command[2]
        forked = self._expected.pop(module, None)
        if forked is None or forked.ended.done():
            forked = await self._fork(module)
        forked.tell(program, record)
        await forked.begun.wait()
        return forked

    async def stop(self) -> None:
        """End it, and what it forked and nobody ended."""
        self._stopping = True
        if self._life is not None and not self._life.done():
            self._control.shutdown(socket.SHUT_RDWR)
            await asyncio.wait([self._life])

    def kill(self) -> None:
        """End it at once, and thereby what it forked."""
        if self._server is not None:
            self._server.kill()

    async def _fork(self, module: str) -> Forked:
        if self._life is not None and self._control.fileno() < 0:
            await asyncio.wait([self._life])  # it has died, and what it forked is ending
        self._start()
        for_stdin, stdin = os.pipe()
        stdout, for_stdout = os.pipe()
        forked = Forked(stdin, await _heard(stdout))
        try:
            socket.send_fds(self._control, [module.encode()], [for_stdin, for_stdout])
            self._asked.append(forked)
        except OSError:
            forked.end(1)
        finally:
            os.close(for_stdin)
            os.close(for_stdout)
        return forked

    def _start(self) -> None:
        if self._life is not None and not self._life.done():
            return
        ahead, self._ahead = self._ahead or begin(), None
        self._control = ahead.control
        self._control.setblocking(False)
        asyncio.get_running_loop().add_reader(self._control, self._hear)
        self._server = Child(Program(NAME, ()), self._records, self._log, partial(_adopt, ahead))
        self._life = asyncio.create_task(self._live(self._server))

    async def _live(self, server: Child) -> None:
        """From its begin to the end of all that it forked."""
        with self._control:
            code = await server.run_once()
            asyncio.get_running_loop().remove_reader(self._control)
            while self._hear():
                """What it said last."""
        if not self._stopping:
            self._log.say(NAME, f"ended with {meaning(code)}: what it forked must end, and all starts again")
        for forked in self._asked:
            forked.end(1)
        orphans = list(self._living.values())
        self._asked.clear()
        self._living.clear()
        await asyncio.gather(*map(_await_end, orphans))

    def _hear(self) -> bool:
        """Take one word of the server. False if there is none."""
        try:
            said = self._control.recv(LONGEST_WORD)
        except BlockingIOError:
            return False
        except OSError:
            said = b""
        if not said:
            asyncio.get_running_loop().remove_reader(self._control)
            return False
        word = json.loads(said)
        if "code" in word:
            self._living.pop(word["pid"]).end(word["code"])
        else:
            forked = self._asked.popleft()
            forked.pid = word["pid"]
            forked.begun.set()
            self._living[forked.pid] = forked
        return True


async def _adopt(ahead: Ahead, _: Program, record: Path) -> Running:
    """Take care of the server that was begun; it does for itself what launch.py does for others: all wait for it."""
    launch.leave_record(record, ahead.pid)
    adopted = Adopted(ahead.pid, await _heard(ahead.stdout))
    adopted.watch()
    return adopted


async def _heard(stdout: int) -> asyncio.StreamReader:
    """What is written into the pipe."""
    heard = asyncio.StreamReader(LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(heard), os.fdopen(stdout, "rb")
    )
    return heard


async def _await_end(orphan: Forked) -> None:
    """Nobody tells how an orphan ends; the kernel has asked it to."""
    began = launch.started(orphan.pid)
    if not await until(lambda: not began or launch.started(orphan.pid) != began, PATIENCE_S):
        signal_group(orphan.pid, signal.SIGKILL)
    orphan.end(-signal.SIGTERM)
