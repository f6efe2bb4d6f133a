"""One unary gRPC call on its way over HTTP/2: what is still to send, what has come, and how it ended."""

import asyncio
from urllib.parse import unquote

from grpc import StatusCode
from grpc.aio import AioRpcError, Metadata

from gateway.http2.frames import Header

Answer = tuple[bytes, tuple[Header, ...]]
"""The bytes of the reply and the trailing metadata."""

LARGEST = 4 << 20
"""Bytes of a reply."""
CODES: dict[str, StatusCode] = {str(code.value[0]): code for code in StatusCode}
REFUSED_STREAM = 0x7
RESETS = {0x8: StatusCode.CANCELLED, 0xB: StatusCode.RESOURCE_EXHAUSTED}


def failure(code: StatusCode, text: str, trailing: tuple[Header, ...] = ()) -> AioRpcError:
    """The error of a failed call, as grpc.aio raises it."""
    return AioRpcError(code, Metadata(), Metadata(*trailing), text)


class NotBegun(AioRpcError):
    """The peer promises that it has not looked at the call, so any call may be made again."""

    def __init__(self, text: str) -> None:
        super().__init__(StatusCode.UNAVAILABLE, Metadata(), Metadata(), text)


class Stream:
    """One call under way."""

    __slots__ = ("_body", "_size", "answer", "began", "number", "unsent", "window")

    def __init__(self, number: int, window: int, began: float, answer: "asyncio.Future[Answer]") -> None:
        self.number = number
        self.window = window
        """Bytes that the peer has room for."""
        self.began = began
        self.answer = answer
        self.unsent = b""
        self._body: list[bytes] = []
        self._size = 0

    def receive(self, part: bytes) -> None:
        """Keep a part of the reply."""
        self._body.append(part)
        self._size += len(part)
        if self._size > LARGEST + 5:
            self.fail(StatusCode.RESOURCE_EXHAUSTED, "the reply is too large")

    def finish(self, trailing: tuple[Header, ...]) -> None:
        """The peer has ended the call with these trailers."""
        told = dict(trailing)
        status = told.get("grpc-status")
        if status != "0":
            code = CODES.get(str(status), StatusCode.UNKNOWN)
            self.fail(code, unquote(str(told.get("grpc-message", ""))), trailing)
            return
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        if len(body) < 5 or body[0] or len(body) - 5 != int.from_bytes(body[1:5], "big"):
            self.fail(StatusCode.INTERNAL, "the reply is not one uncompressed message")
        elif not self.answer.done():
            self.answer.set_result((body[5:], trailing))

    def refuse(self, text: str) -> None:
        """The peer has not begun the call and will not."""
        if not self.answer.done():
            self.answer.set_exception(NotBegun(text))

    def fail(self, code: StatusCode, text: str, trailing: tuple[Header, ...] = ()) -> None:
        """The call has failed."""
        if not self.answer.done():
            self.answer.set_exception(failure(code, text, trailing))
