"""Services of a cluster on one machine: a port that shares connections out among the pods that are ready."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any

from deploy.local.servers import HOST


class Balancers:
    """All of them, in a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers: list[asyncio.Server] = []

    def open(self, port: int) -> "Balancer":
        """Begin to listen."""
        balancer = Balancer()
        self._servers.append(self._run(asyncio.start_server(balancer.connected, HOST, port)))
        return balancer

    def close(self) -> None:
        """Hang up."""
        for server in self._servers:
            self._loop.call_soon_threadsafe(server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


class Balancer:
    """One Service: each new connection goes to the next of its endpoints, as kube-proxy does it."""

    def __init__(self) -> None:
        self.endpoints: list[int] = []
        """Ports of the pods that are ready and are not ending."""
        self.away_s = 0.0
        """How long it takes from callers to it, or back."""
        self._turn = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        endpoints = list(self.endpoints)
        if not endpoints:
            writer.transport.abort()
            return
        self._turn += 1
        try:
            to_reader, to_writer = await asyncio.open_connection(HOST, endpoints[self._turn % len(endpoints)])
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(_carry(reader, to_writer, self.away_s), _carry(to_reader, writer, self.away_s))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, away_s: float) -> None:
    """Pass on what comes, and that it ended."""
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            await asyncio.sleep(away_s)
            writer.write(data)
            await writer.drain()
        await asyncio.sleep(away_s)
    with contextlib.suppress(OSError):
        writer.close()
