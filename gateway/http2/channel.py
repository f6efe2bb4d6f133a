"""Connections to all addresses of one service: kept open, made anew with backoff, used in turn."""

import asyncio
import logging
import random
import socket
from typing import Any

from grpc import StatusCode
from grpc.aio import AioRpcError

from gateway.http2.calls import METADATA
from gateway.http2.connection import Connection
from gateway.http2.stream import Answer, NotBegun, failure

log = logging.getLogger(__name__)

CONNECT_SECONDS = 2.0
RESOLVE_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
PAUSE_SECONDS = 0.005
"""Before a call that a peer would not begin is made again."""


class Channel:
    """Calls a service at host:port, where the host may have several addresses. Made inside the loop that it lives in.

    A call waits for a connection that is being made, and fails at once while the service is known to be away.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._host, self._port, self._target = host.strip("[]"), int(port), target
        self._connections: dict[Any, Connection] = {}
        self._ready: list[Connection] = []
        self._turn = 0
        self._connecting = True
        self._changed = asyncio.Event()
        self._tried = asyncio.Condition()
        self._loop = asyncio.get_running_loop()
        self._keeper = self._loop.create_task(self._keep())

    async def __call__(self, method: str, request: bytes, metadata: METADATA, timeout: float) -> Answer:
        """The reply's bytes and the trailing metadata. `timeout` in seconds is the deadline. Raises AioRpcError."""
        deadline = self._loop.time() + timeout
        while True:
            if not self._ready:
                await self._connected(deadline)
            self._turn += 1
            try:
                return await self._ready[self._turn % len(self._ready)].call(method, request, metadata, deadline)
            except NotBegun:
                await asyncio.sleep(PAUSE_SECONDS)

    async def close(self) -> None:
        """Close all connections; calls under way fail."""
        self._keeper.cancel()
        for connection in list(self._connections.values()):
            connection.close()
        await asyncio.gather(self._keeper, return_exceptions=True)

    async def _connected(self, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline), self._tried:
                await self._tried.wait_for(lambda: self._ready or not self._connecting)
        except TimeoutError:
            raise failure(StatusCode.DEADLINE_EXCEEDED, f"no connection to {self._target} in time") from None
        if not self._ready:
            raise failure(StatusCode.UNAVAILABLE, f"{self._target} is out of reach")

    async def _keep(self) -> None:
        """Hold a connection to every address, for as long as the channel lives."""
        pause = FIRST_PAUSE
        while True:
            self._changed.clear()
            complete = await self._connect_all()
            async with self._tried:
                self._connecting = False
                self._tried.notify_all()
            if complete:
                pause = FIRST_PAUSE
                await self._wait(RESOLVE_SECONDS)
            else:
                await self._wait(pause * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _connect_all(self) -> bool:
        """Connect to the addresses that are not connected; whether all of them are now."""
        try:
            found = await self._loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError:
            return False
        addresses = {entry[4] for entry in found}
        await asyncio.gather(*(self._connect(address) for address in addresses - self._connections.keys()))
        return addresses <= self._connections.keys()

    async def _connect(self, address: Any) -> None:
        def retired(connection: Connection) -> None:
            self._connections.pop(address, None)
            if connection in self._ready:
                self._ready.remove(connection)
                self._connecting = not self._ready
                self._changed.set()

        connection = Connection(self._target, retired)
        self._connections[address] = connection
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._loop.create_connection(lambda: connection, *address[:2])
                await connection.usable
        except (OSError, AioRpcError):
            self._connections.pop(address, None)
            connection.close()
            return
        if not connection.closing:
            self._ready.append(connection)
            async with self._tried:
                self._tried.notify_all()
