"""A wire that can fail: TCP passed on to a server, slowed, cut, or swallowed, as told."""

import asyncio
import random
from contextlib import suppress

HOST = "127.0.0.1"
CHUNK = 1 << 16


class Wire:
    """Listens on a port of its own and passes on what comes to `target`."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.delay_s = 0.0
        self.chunk = CHUNK
        self._open = asyncio.Event()
        self._open.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.mend()
        self.cut()

    def swallow(self) -> None:
        """From now on nothing arrives, and nobody is told."""
        self._open.clear()

    def slow(self, delay_s: float, chunk: int = CHUNK) -> None:
        """From now on every piece takes so long, and is no larger than that."""
        self.delay_s, self.chunk = delay_s, chunk

    def mend(self) -> None:
        """As a wire should be."""
        self.slow(0.0)
        self._open.set()

    def cut(self, share: float = 1.0, rng: random.Random | None = None) -> None:
        """Reset connections, all or some."""
        for end in list(self._ends):
            if share >= 1 or (rng or random).random() < share:
                with suppress(RuntimeError, OSError):
                    end.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        self._ends |= {writer, far_writer}
        pumps = [
            asyncio.create_task(self._pump(reader, far_writer)),
            asyncio.create_task(self._pump(far_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            self._ends -= {writer, far_writer}
            for end in (writer, far_writer):
                with suppress(RuntimeError, OSError):
                    end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(self.chunk):
                await self._open.wait()
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(piece)
                await writer.drain()
