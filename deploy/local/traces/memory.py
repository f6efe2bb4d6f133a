"""The traces of late, in bounded memory: the oldest makes room for the newest."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

TRACES = 500
SPANS = 20_000
SPANS_A_TRACE = 2_000
NS_IN_MS = 1_000_000
LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Span:
    """One part of a request."""

    service: str
    name: str
    kind: str
    span_id: str
    parent_id: str
    start_ns: int
    end_ns: int
    failed: bool
    attributes: dict[str, str]


class Trace:
    """All spans that have arrived of one request, in the order of their beginning."""

    def __init__(self, trace_id: str, spans: list[Span]) -> None:
        self.id = trace_id
        self.spans = sorted(spans, key=lambda span: span.start_ns)
        known = {span.span_id for span in spans}
        self.root = next((span for span in self.spans if span.parent_id not in known), self.spans[0])
        self.start_ns = self.spans[0].start_ns
        self.ms = (self.root.end_ns - self.root.start_ns) / NS_IN_MS
        """How long whoever asked had to wait."""
        self.whole_ms = (max(span.end_ns for span in spans) - self.start_ns) / NS_IN_MS
        """Until the last projection had applied what came of it."""
        code = self.root.attributes.get("http.response.status_code", "")
        self.status = code or ("failed" if self.root.failed else "ok")

    def tree(self) -> Iterator[tuple[int, Span]]:
        """Each span below its parent, with its depth."""
        known = {span.span_id for span in self.spans}
        below: dict[str, list[Span]] = {}
        for span in self.spans:
            below.setdefault(span.parent_id if span.parent_id in known else "", []).append(span)
        left = [(0, span) for span in reversed(below.get("", []))]
        while left:
            depth, span = left.pop()
            yield depth, span
            left += [(depth + 1, child) for child in reversed(below.get(span.span_id, []))]


class Memory:
    """What has arrived. Safe to use from several threads."""

    def __init__(self, traces: int = TRACES, spans: int = SPANS) -> None:
        self._most_traces, self._most_spans = traces, spans
        self._kept: OrderedDict[str, list[Span]] = OrderedDict()
        self._count = 0
        self._lock = Lock()

    def take(self, body: bytes) -> None:
        """One export of OTLP/HTTP in protobuf. Refused: DecodeError."""
        request = ExportTraceServiceRequest.FromString(body)
        with self._lock:
            for resource in request.resource_spans:
                service = next((_text(a.value) for a in resource.resource.attributes if a.key == "service.name"), "?")
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        self._keep(span.trace_id.hex(), _read(service, span))

    def recent(self) -> list[Trace]:
        """All traces, the newest first."""
        with self._lock:
            kept = [(trace_id, list(spans)) for trace_id, spans in self._kept.items()]
        return sorted((Trace(*one) for one in kept), key=lambda trace: trace.start_ns, reverse=True)

    def find(self, trace_id: str) -> Trace | None:
        """One of them, unless it is forgotten."""
        with self._lock:
            spans = list(self._kept.get(trace_id, ()))
        return Trace(trace_id, spans) if spans else None

    def _keep(self, trace_id: str, span: Span) -> None:
        spans = self._kept.setdefault(trace_id, [])
        if len(spans) < SPANS_A_TRACE:
            spans.append(span)
            self._count += 1
        while len(self._kept) > self._most_traces or (self._count > self._most_spans and len(self._kept) > 1):
            _, forgotten = self._kept.popitem(last=False)
            self._count -= len(forgotten)


def _read(service: str, span: WireSpan) -> Span:
    kind = WireSpan.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower()
    attributes = {a.key: _text(a.value) for a in span.attributes}
    failed = span.status.code == Status.STATUS_CODE_ERROR
    ids = (span.span_id.hex(), span.parent_span_id.hex())
    return Span(service, span.name, kind, *ids, span.start_time_unix_nano, span.end_time_unix_nano, failed, attributes)


def _text(value: AnyValue) -> str:
    kind = value.WhichOneof("value")
    return str(getattr(value, kind))[:LONGEST_TEXT] if kind else ""
