"""Take spans by OTLP/HTTP and show them as pages, on this machine only: `python -m deploy.local.traces HOST PORT`."""

import gzip
import sys
import zlib
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from google.protobuf.message import DecodeError

from deploy.local.traces import page
from deploy.local.traces.memory import Memory

LARGEST_BODY = 8 << 20
GUARDS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
}


class Server(ThreadingHTTPServer):
    """A server at this address; port 0 is a free one."""

    daemon_threads = True

    def __init__(self, host: str, port: int, memory: Memory) -> None:
        super().__init__((host, port), _Handler)
        self.host = host
        self.memory = memory


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        """One export."""
        size = int(self.headers.get("content-length") or 0)
        if not self._called_by_name() or self.path != "/v1/traces":
            self._answer(HTTPStatus.NOT_FOUND)
        elif size > LARGEST_BODY:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._answer(self._take(self.rfile.read(size)))

    def do_GET(self) -> None:
        """A page."""
        asked = urlsplit(self.path)
        if self._called_by_name() and asked.path == "/":
            chosen = page.Filter.of(dict(parse_qsl(asked.query)))
            self._answer(HTTPStatus.OK, page.listing(self.server.memory.recent(), chosen))
        elif self._called_by_name() and (trace := self.server.memory.find(asked.path.removeprefix("/traces/"))):
            self._answer(HTTPStatus.OK, page.waterfall(trace))
        else:
            self._answer(HTTPStatus.NOT_FOUND, "No such trace, or it is forgotten.")

    def log_message(self, *_: object) -> None:
        """A line a batch would be noise."""

    def _take(self, body: bytes) -> HTTPStatus:
        try:
            self.server.memory.take(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
        except (DecodeError, OSError, EOFError, zlib.error):
            return HTTPStatus.BAD_REQUEST
        return HTTPStatus.OK

    def _called_by_name(self) -> bool:
        """Whether a browser was not led here under another name (DNS rebinding)."""
        name, _, _ = (self.headers.get("host") or "").partition(":")
        return name in (self.server.host, "localhost")

    def _answer(self, status: HTTPStatus, text: str = "") -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in GUARDS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until SIGTERM."""
    host, port = sys.argv[1:]
    Server(host, int(port), Memory()).serve_forever()


if __name__ == "__main__":
    main()
