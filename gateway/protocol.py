"""HTTP/1.1 on a socket: what uvicorn leaves open is bounded here, before any application sees the request."""

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.problems import fault_of, written
from gateway.refusals import HeadersTooLarge, HttpMalformed
from services.kit.errors import Problem

HEAD_BYTES = 32 << 10
"""Request line and headers as they arrive; the application's own limit is lower and answers more politely."""
HEAD_SECONDS = 10.0
DISCARD_BYTES = 64 << 20
"""How much of a refused body is read and thrown away: closing at once would take the answer from the caller too."""


ORDINARY = re.compile(rb"(?:(?!connection|transfer-encoding)[a-z0-9-]+: [\t\x20-\x7e\x80-\xff]*\r\n)*")
"""Headers that say nothing of the connection. That none of them holds another is seen by their number."""


class Cycle(RequestResponseCycle):
    """One request and its answer. An answer that is known whole is written in one piece.

    Uvicorn writes the head by itself: that is a call of the kernel more, and a caller who is woken twice.
    """

    _head: Any = None
    """A head that tells how long its body is, and waits for it, as ASGI wants of every head."""

    async def send(self, message: Any) -> None:
        """ASGI."""
        if message["type"] == "http.response.start":
            if not self.response_started and b"content-length" in dict(message.get("headers", ())):
                self._head = message
                return
        elif (head := self._head) is not None:
            self._head = None
            if whole := self._whole(head, message):
                self.response_started = self.response_complete = True
                self.waiting_for_100_continue = False
                self.transport.write(whole)
                self.message_event.set()
                self.on_response()
                return
            await super().send(head)
        await super().send(message)

    def _whole(self, head: Any, message: Any) -> bytes:
        """All bytes of an answer that is nothing but ordinary and can go now; of any other none: uvicorn sends that."""
        body: bytes = message.get("body", b"")
        if not self.keep_alive or self.disconnected or self.flow.write_paused or message.get("more_body"):
            return b""
        if self.scope["method"] == "HEAD" or int(dict(head["headers"])[b"content-length"]) != len(body):
            return b""
        pairs = [*self.default_headers, *head["headers"]]
        headers = b"".join([b"%b: %b\r\n" % pair for pair in pairs])
        if not ORDINARY.fullmatch(headers) or headers.count(b"\n") != len(pairs):
            return b""
        return b"%b%b\r\n%b" % (STATUS_LINE[head["status"]], headers, body)


class BoundedProtocol(HttpToolsProtocol):
    """Refuses heads that are endless or never end, and answers malformed HTTP with a problem document."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._reading_head = True
        self._head_bytes = 0
        self._discarded = 0
        self._overdue: asyncio.TimerHandle | None = None

    @property
    def answering(self) -> bool:
        """Whether a request has come whose answer is not complete."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: Any) -> None:
        """A connection that sends nothing is closed like one that never finishes its headers."""
        super().connection_made(transport)
        self._overdue = self.loop.call_later(HEAD_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """The timer must not outlive the connection."""
        self._in_time()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A new head begins."""
        super().on_message_begin()
        self._reading_head = True
        self._head_bytes = 0
        self._discarded = 0

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._reading_head = False
        self._in_time()
        super().on_headers_complete()
        self.cycle.__class__ = Cycle  # uvicorn takes no other class; the application is called in the next round

    def on_body(self, body: bytes) -> None:
        """What comes after the answer is not wanted any more."""
        if self.cycle.response_complete:
            self._discarded += len(body)
            if self._discarded > DISCARD_BYTES:
                self.transport.close()
            return
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        """Parse on; then see whether the head has grown too large or has only begun."""
        super().data_received(data)
        if self._reading_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(HeadersTooLarge(limit=HEAD_BYTES))
            elif self._overdue is None:
                self._overdue = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not ours
        """Uvicorn calls this for whatever is no HTTP."""
        self._refuse(HttpMalformed())

    def _refuse(self, problem: Problem) -> None:
        status, headers, body = written(fault_of(problem, "en"), "en", "/")
        lines = [b"HTTP/1.1 %d Refused" % status, *(name + b": " + value for name, value in headers)]
        if (b"connection", b"close") not in headers:
            lines.append(b"connection: close")
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        self.transport.close()

    def _in_time(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
