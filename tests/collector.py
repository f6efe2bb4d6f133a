"""An OpenTelemetry collector that remembers: where processes under test send their spans."""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TIMES = re.compile(r"_unix_nano: \d+")


@dataclass(frozen=True)
class Span:
    """One span, with ids in hexadecimal as they stand in `traceparent`."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, str]


class Collector:
    """All spans so far. `address` is what OTEL_EXPORTER_OTLP_ENDPOINT is set to."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._received: list[ExportTraceServiceRequest] = []

    @property
    def received(self) -> list[bytes]:
        """Every export, as it came."""
        return [request.SerializeToString() for request in list(self._received)]

    def take(self, body: bytes) -> None:
        """One export of OTLP/HTTP in protobuf."""
        self._received.append(ExportTraceServiceRequest.FromString(body))

    def spans(self) -> Iterator[Span]:
        """Every span that was received."""
        for request in list(self._received):
            for resource in request.resource_spans:
                [service] = [a.value.string_value for a in resource.resource.attributes if a.key == "service.name"]
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        attributes = {a.key: a.value.string_value for a in span.attributes}
                        ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
                        yield Span(service, span.name, span.kind, *ids, attributes)

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of one trace."""
        return [span for span in self.spans() if span.trace_id == trace_id]

    def text(self) -> str:
        """Everything that was received but for the times, to look for what must not be in it.

        Times are digits by the million, among which any phone may stand.
        """
        return "\n".join(TIMES.sub("", str(request)) for request in list(self._received))


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.take(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """A line a batch would be noise."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
