"""The gateway on a port: uvicorn on uvloop and httptools, with bounds and an orderly end."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from gateway.protocol import BoundedProtocol

SHUTDOWN_SECONDS = 20
FAREWELL_SECONDS = 2.0
"""How long connections that wait for a next request may still bring one, when the server ends."""


class Server(uvicorn.Server):
    """A uvicorn that leaves signals to the process: `should_exit = True` ends it when the requests in hand are done."""

    def __init__(self, config: uvicorn.Config, let_go: Callable[[], None]) -> None:
        super().__init__(config)
        self._let_go = let_go

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn would install its own handlers and raise the signal again afterwards."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell callers to come again on another connection, before connections are closed.

        Uvicorn closes what waits for a next request at once, also while that request is on its way: it would be lost.
        """
        self.server_state.default_headers.append((b"connection", b"close"))
        for connection in self.server_state.connections:
            if isinstance(connection, BoundedProtocol) and connection.answering:
                connection.shutdown()  # closes it after the answer in hand
        end = asyncio.get_running_loop().time() + FAREWELL_SECONDS
        while self.server_state.connections and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.05)
        self._let_go()
        await super().shutdown(sockets)


def server(application: Any, host: str, port: int, let_go: Callable[[], None]) -> Server:
    """A server that is not running yet: `await server(...).serve()` inside the loop of the process.

    `let_go` ends the answers that would go on for ever; it is called when no more requests are taken.
    """
    return Server(
        uvicorn.Config(
            application,
            host=host,
            port=port,
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        ),
        let_go,
    )
