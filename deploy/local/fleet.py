"""All children of the supervisor, and the order in which they end."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path

from deploy.local.ahead import Ahead
from deploy.local.forks import ForkServer
from deploy.local.log import Log
from deploy.local.program import Child, Program, execute


class Rank(IntEnum):
    """Who stands on whom: the highest ends first."""

    DATABASE = 0
    BROKER = 1
    SERVICE = 2
    GATEWAY = 3


LATEST_S = {Rank.GATEWAY: 3.0, Rank.SERVICE: 6.0, Rank.BROKER: 7.0, Rank.DATABASE: 9.5}
"""When each rank must have ended, from the beginning of the stop; all within ten seconds."""


class Fleet:
    """Children by rank. Whatever was started is stopped by `stop`, also when the start was interrupted."""

    def __init__(self, records: Path, log: Log, ahead: Ahead | None = None) -> None:
        self._records = records
        self._log = log
        self._children: list[tuple[Rank, Child]] = []
        # See __main__ for why not elsewhere.
        self._forks = ForkServer(records, log, ahead) if sys.platform == "linux" else None

    async def expect(self, modules: Iterable[str]) -> None:
        """Begin to load what programs that may be forked need, and let them wait for their start."""
        if self._forks is not None:
            for module in modules:
                await self._forks.expect(module)

    def start(self, rank: Rank, program: Program) -> None:
        """Keep the program running until `stop`."""
        child = self._child(program)
        self._children.append((rank, child))
        child.start()

    async def run(self, program: Program) -> int:
        """Run the program to its end; the exit code. A cancelled caller ends it."""
        return await self._child(program).run_once()

    async def stop(self) -> None:
        """End all, rank by rank, those of one rank together."""
        began = time.monotonic()
        for rank in sorted(Rank, reverse=True):
            patience_s = LATEST_S[rank] - (time.monotonic() - began)
            ending = [child.stop(max(patience_s, 0)) for own, child in self._children if own is rank]
            await asyncio.gather(*ending)
        if self._forks is not None:
            await self._forks.stop()

    def kill(self) -> None:
        """End all at once: somebody has no patience left."""
        for _, child in self._children:
            child.kill()
        if self._forks is not None:
            self._forks.kill()

    def _child(self, program: Program) -> Child:
        begin = self._forks.begin if program.forked and self._forks is not None else execute
        return Child(program, self._records, self._log, begin)


async def ready(host: str, port: int) -> bool:
    """Whether /readyz there answers with 200."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    return False
