"""The gateway on a port: uvicorn on uvloop and httptools, with bounds and an orderly end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from gateway.protocol import BoundedProtocol

SHUTDOWN_SECONDS = 20


class Server(uvicorn.Server):
    """A uvicorn that leaves signals to the process: `should_exit = True` ends it when the requests in hand are done."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn would install its own handlers and raise the signal again afterwards."""
        yield


def server(application: Any, host: str, port: int) -> Server:
    """A server that is not running yet: `await server(...).serve()` inside the loop of the process."""
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
        )
    )
