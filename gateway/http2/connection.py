"""One HTTP/2 connection that carries unary gRPC calls: what the peer says on it."""

import asyncio
import logging
import struct
from collections.abc import Callable
from typing import Any

from grpc import StatusCode

from gateway.http2 import frames
from gateway.http2.calls import Calls
from gateway.http2.stream import LARGEST, REFUSED_STREAM, RESETS, failure

log = logging.getLogger(__name__)

WINDOW = 16 << 20
"""Bytes of replies that the peer may have on their way to us."""


class Connection(Calls, asyncio.Protocol):
    """Speaks HTTP/2 on a socket."""

    def __init__(self, authority: str, retired: Callable[[Any], None]) -> None:
        super().__init__(authority, retired)
        self.usable: asyncio.Future[None] = self._loop.create_future()
        """Done once the peer has spoken HTTP/2."""
        self._rest = b""
        self._block = b""
        self._block_flags = 0
        self._received = 0

    def connection_made(self, transport: Any) -> None:
        """Open the conversation: no header table, no pushes, wide windows."""
        self._transport = transport
        transport.write(frames.opening(2 * LARGEST, WINDOW))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what is under way."""
        lost = failure(StatusCode.UNAVAILABLE, f"the connection was lost: {exc}")
        if not self.usable.done():
            self.usable.set_exception(lost)
        self._retire()
        for stream in self._streams.values():
            stream.fail(StatusCode.UNAVAILABLE, "the connection was lost")
        self._streams.clear()
        for turn in self._queue:
            if not turn.done():
                turn.set_result(None)

    def close(self) -> None:
        """End, if it ever began; calls under way fail."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take in frames."""
        self._heard = self._loop.time()
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        try:
            while end - at >= 9:
                high, low, kind, flags, number = frames.HEAD.unpack_from(data, at)
                after = at + 9 + (high << 8 | low)
                if after > end:
                    break
                if handle := FRAMES.get(kind):
                    handle(self, flags, number, data[at + 9 : after])
                at = after
        except Exception:
            log.exception("a peer does not speak HTTP/2 as we do")
            self._transport.abort()
        self._rest = data[at:]

    def _on_headers(self, flags: int, number: int, payload: bytes) -> None:
        if flags & (frames.PADDED | frames.PRIORITY):
            payload = frames.unpadded(flags, payload)
        if not flags & frames.END_HEADERS:
            self._block = payload
            self._block_flags = flags
            return
        stream = self._streams.get(number)
        if stream is None:
            return
        if flags & frames.END_STREAM:
            self._forget(number)
            stream.finish(frames.headers(payload))
        elif frames.headers(payload)[0] != (":status", "200"):
            stream.fail(StatusCode.UNAVAILABLE, "the peer is no gRPC server")
            self._reset(stream)

    def _on_continuation(self, flags: int, number: int, payload: bytes) -> None:
        self._block += payload
        if flags & frames.END_HEADERS:
            kept = self._block_flags & frames.END_STREAM
            self._on_headers(kept | frames.END_HEADERS, number, self._block)

    def _on_data(self, flags: int, number: int, payload: bytes) -> None:
        self._received += len(payload)
        if self._received > WINDOW // 2:
            self._transport.write(frames.more_room(0, self._received))
            self._received = 0
        if stream := self._streams.get(number):
            stream.receive(frames.unpadded(flags, payload) if flags & frames.PADDED else payload)
            if flags & frames.END_STREAM:
                stream.fail(StatusCode.INTERNAL, "the reply ended without a status")
            if stream.answer.done():
                self._reset(stream)

    def _on_reset(self, _: int, number: int, payload: bytes) -> None:
        if stream := self._streams.get(number):
            self._forget(number)
            reason = struct.unpack(">I", payload)[0]
            if reason == REFUSED_STREAM:
                stream.refuse("the peer has no room for the call")
            else:
                stream.fail(RESETS.get(reason, StatusCode.UNAVAILABLE), "the peer gave the call up")

    def _on_settings(self, flags: int, _: int, payload: bytes) -> None:
        if flags & frames.ACK:
            return
        for name, value in struct.iter_unpack(">HI", payload):
            if name == frames.MAX_CONCURRENT_STREAMS:
                self._most_streams = value
            elif name == frames.MAX_FRAME_SIZE:
                self._frame_size = value
            elif name == frames.INITIAL_WINDOW_SIZE:
                for stream in self._streams.values():
                    stream.window += value - self._stream_window
                self._stream_window = value
        self._transport.write(frames.frame(frames.SETTINGS, frames.ACK, 0))
        if not self.usable.done():
            self.usable.set_result(None)
        self._send_all()

    def _on_ping(self, flags: int, _: int, payload: bytes) -> None:
        if not flags & frames.ACK:
            self._transport.write(frames.frame(frames.PING, frames.ACK, 0, payload))

    def _on_goaway(self, _: int, __: int, payload: bytes) -> None:
        """The peer takes no new calls; what it has not begun may be called again elsewhere."""
        self._retire()
        last = struct.unpack(">I", payload[:4])[0] & 0x7FFFFFFF
        for stream in [one for one in self._streams.values() if one.number > last]:
            self._forget(stream.number)
            stream.refuse("the peer is going away")
        if not self._streams:
            self._transport.close()

    def _on_window_update(self, _: int, number: int, payload: bytes) -> None:
        more = struct.unpack(">I", payload)[0]
        if number == 0:
            self._window += more
            self._send_all()
        elif stream := self._streams.get(number):
            stream.window += more
            self._send(stream)


FRAMES: dict[int, Callable[[Connection, int, int, bytes], None]] = {
    frames.DATA: Connection._on_data,
    frames.HEADERS: Connection._on_headers,
    frames.RST_STREAM: Connection._on_reset,
    frames.SETTINGS: Connection._on_settings,
    frames.PING: Connection._on_ping,
    frames.GOAWAY: Connection._on_goaway,
    frames.WINDOW_UPDATE: Connection._on_window_update,
    frames.CONTINUATION: Connection._on_continuation,
}
