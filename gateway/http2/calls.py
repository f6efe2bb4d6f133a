"""The sending half of an HTTP/2 connection: calls, their turn, their windows, their deadlines."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from grpc import StatusCode

from gateway.http2 import frames
from gateway.http2.stream import Answer, NotBegun, Stream, failure

PROBE_SECONDS = 2.0
LAST_STREAM = 0x7FFF0000
METADATA = Sequence[tuple[str, str]]


class Calls:
    """Unary calls on one connection, many at a time. `retired` is called once, as soon as no new call may begin."""

    def __init__(self, authority: str, retired: Callable[[Any], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._authority = authority
        self._retired = retired
        self.closing = False
        self._transport: Any = None
        self._streams: dict[int, Stream] = {}
        self._queue: deque[asyncio.Future[None]] = deque()
        self._heads: dict[str, bytes] = {}
        self._next = 1
        self._window = 65535
        self._stream_window = 65535
        self._frame_size = 16384
        self._most_streams = 100
        self._heard = 0.0

    async def call(self, method: str, request: bytes, metadata: METADATA, deadline: float) -> Answer:
        """Carry out one call until `deadline` on the loop's clock. Raises AioRpcError, NotBegun among them."""
        while len(self._streams) >= self._most_streams and not self.closing:
            await self._turn(deadline)
        if self.closing:
            raise NotBegun("the connection is closing")
        stream = self._begin(method, request, metadata, deadline)
        overdue = self._loop.call_at(deadline, self._expire, stream)
        try:
            return await stream.answer
        except asyncio.CancelledError:
            self._reset(stream)
            raise
        finally:
            overdue.cancel()

    async def _turn(self, deadline: float) -> None:
        """Wait until another call has ended."""
        turn = self._loop.create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout_at(deadline):
                await turn
        except TimeoutError:
            raise failure(StatusCode.DEADLINE_EXCEEDED, "the peer took no more calls in time") from None

    def _begin(self, method: str, request: bytes, metadata: METADATA, deadline: float) -> Stream:
        head = self._heads.get(method)
        if head is None:
            head = self._heads[method] = frames.call_head(self._authority, method)
        number, self._next = self._next, self._next + 2
        now = self._loop.time()
        stream = self._streams[number] = Stream(number, self._stream_window, now, self._loop.create_future())
        block = head + frames.timeout(deadline - now) + frames.metadata(metadata)
        message = b"\x00" + len(request).to_bytes(4, "big") + request
        room = min(self._frame_size, self._window, stream.window)
        if len(message) <= room and len(block) <= self._frame_size:
            self._window -= len(message)
            self._transport.write(frames.whole_call(number, block, message))
        else:
            self._transport.write(frames.header_frames(number, block, self._frame_size))
            stream.unsent = message
            self._send(stream)
        if self._next > LAST_STREAM:
            self._retire()
        return stream

    def _send(self, stream: Stream) -> None:
        """Send as much of a request as the peer has room for."""
        while stream.unsent and (room := min(self._window, stream.window, self._frame_size)) > 0:
            part, stream.unsent = stream.unsent[:room], stream.unsent[room:]
            self._window -= len(part)
            stream.window -= len(part)
            flags = 0 if stream.unsent else frames.END_STREAM
            self._transport.write(frames.frame(frames.DATA, flags, stream.number, part))

    def _expire(self, stream: Stream) -> None:
        stream.fail(StatusCode.DEADLINE_EXCEEDED, "no reply in time")
        self._reset(stream)
        if self._heard < stream.began and not self.closing:
            # Nothing at all came since: the peer may be gone without a word.
            self._transport.write(frames.frame(frames.PING, 0, 0, bytes(8)))
            self._loop.call_later(PROBE_SECONDS, self._give_up, self._loop.time())

    def _give_up(self, asked: float) -> None:
        if self._heard < asked:
            self._transport.abort()

    def _reset(self, stream: Stream) -> None:
        """Tell the peer that nobody waits for the call any more."""
        if self._streams.get(stream.number) is stream and not self._transport.is_closing():
            self._transport.write(frames.reset(stream.number))
        self._forget(stream.number)

    def _forget(self, number: int) -> None:
        self._streams.pop(number, None)
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                break
        if self.closing and not self._streams:
            self._transport.close()

    def _retire(self) -> None:
        if not self.closing:
            self.closing = True
            self._retired(self)

    def _send_all(self) -> None:
        for stream in list(self._streams.values()):
            self._send(stream)
