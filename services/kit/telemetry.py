"""Traces, metrics and logs of a process. An unsampled request costs one header and nothing else.

Sampling is decided where a request enters and travels in `traceparent` (W3C Trace Context), so a
trace is whole or absent across REST, gRPC, SQL and NATS. Spans are few: one a hop, one a statement.
"""

import logging
import os
import random
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, Token
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags
from prometheus_client import Counter, Gauge, Histogram

from services.kit import logs

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
PROCESS = Gauge("dealtrail_process_info", "1 for the process that this is.", ["service"])
RPC_SECONDS = Histogram(
    "dealtrail_rpc_server_duration_seconds", "Time to answer a call.", ["method", "code"], buckets=BUCKETS
)
OUTBOX_AGE = Gauge("dealtrail_outbox_oldest_unpublished_seconds", "How long an event has waited, or may have.")
PUBLISHED = Counter("dealtrail_outbox_published_total", "Events published by this process's relay.")
CONSUMER_LAG = Gauge(
    "dealtrail_consumer_lag_messages", "Events that a consumer has not applied yet.", ["consumer", "stream"]
)
APPLIED = Counter("dealtrail_consumer_applied_total", "Events applied.", ["consumer", "stream", "type"])
DEAD_LETTERS = Counter(
    "dealtrail_consumer_dead_letters_total",
    "Events set aside because they could not be applied.",
    ["consumer", "type"],
)
LOOKS_EVERY_S = 10
"""A relay that works looks into the outbox much more often."""

_current: ContextVar["_Hop | None"] = ContextVar("hop", default=None)
_nothing: AbstractContextManager[None] = nullcontext()


class _Tracing:
    """What `configure` set."""

    tracer: "trace.Tracer | _Late" = trace.NoOpTracer()
    ratio = 0.0
    limit = 0
    begun: tuple[int, int] = (0, 0)
    """The present second, and how many traces have begun in it."""
    flush: Callable[[], None] = staticmethod(lambda: None)


class _Late:
    """Begins to export with the first span, for which seventy modules are loaded: no start waits for them."""

    def __init__(self, service: str) -> None:
        self._service = service

    def start_span(self, name: str, **more: Any) -> Span:
        """The first span of this process."""
        from services.kit import exporting  # noqa: PLC0415 - late

        _Tracing.tracer, _Tracing.flush = exporting.begin(self._service)
        return _Tracing.tracer.start_span(name, **more)


class _Hop:
    __slots__ = ("span", "traceparent")

    def __init__(self, traceparent: str, span: Span | None) -> None:
        self.traceparent = traceparent
        self.span = span


class Outbox:
    """When the relay last looked into the outbox, and how old the oldest event in it was."""

    def __init__(self) -> None:
        self.looked(0)

    def looked(self, oldest_s: float) -> None:
        """Note what was seen now; 0 means that nothing waits, or that another process answers for it."""
        self._oldest_s = oldest_s
        self._at = time.monotonic()

    def age(self) -> float:
        """Seconds that an event has waited. While nobody can look it is those in which one may have come."""
        since = time.monotonic() - self._at
        return self._oldest_s + since if self._oldest_s or since > LOOKS_EVERY_S else 0.0


OUTBOX = Outbox()
OUTBOX_AGE.set_function(OUTBOX.age)


def configure(service: str, ratio: float, limit: int = 100) -> None:
    """Set up traces and logs of this process, after any fork.

    Of the requests that bring no trace along the share `ratio` begins one, at most `limit` a second.
    Spans go to OTEL_EXPORTER_OTLP_ENDPOINT if set; a collector that is down never blocks.
    """
    _Tracing.ratio, _Tracing.limit = ratio, limit
    OUTBOX.looked(0)
    PROCESS.labels(service).set(1)
    logging.basicConfig(
        level=os.environ.get("DEALTRAIL_LOG_LEVEL", "INFO"), handlers=[logs.handler(trace_id)], force=True
    )
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        _Tracing.tracer = _Late(service)


def flush() -> None:
    """Hand over what is still held; bounded."""
    _Tracing.flush()


def hop(
    name: str, traceparent: str | None, kind: SpanKind = SpanKind.SERVER, *, probe: bool = False
) -> AbstractContextManager[dict[str, str] | None]:
    """One process's part of a request: goes on with the caller's trace, or begins one and decides whether to sample.

    A `probe` comes all the time and tells nobody anything: with it no sampled trace begins.
    Gives the exemplar by which a histogram leads to the trace; None for a request that is not sampled.
    """
    if traceparent and len(traceparent) >= 55:
        sampled = traceparent[53:55] == "01"
    else:
        sampled = not probe and random.random() < _Tracing.ratio and _begin()  # noqa: S311 - sampling, not a secret
        ids = f"{random.getrandbits(128) or 1:032x}-{random.getrandbits(64) or 1:016x}"
        traceparent = f"00-{ids}-0{int(sampled)}"
    return _sampled(name, traceparent, kind) if sampled else _Unsampled(traceparent)


class _Unsampled(AbstractContextManager[None]):
    """Carries the header on, and nothing else."""

    __slots__ = ("_hop", "_token")

    _token: Token["_Hop | None"]

    def __init__(self, traceparent: str) -> None:
        self._hop = _Hop(traceparent, None)

    def __enter__(self) -> None:
        self._token = _current.set(self._hop)

    def __exit__(self, *error: object) -> None:
        _current.reset(self._token)


@contextmanager
def _sampled(name: str, traceparent: str, kind: SpanKind) -> Iterator[dict[str, str] | None]:
    span = _Tracing.tracer.start_span(name, context=_remote(traceparent), kind=kind)
    token = _current.set(_Hop(_header(span, traceparent), span))
    try:
        yield {"trace_id": traceparent[3:35]}
    except Exception as error:
        span.set_status(trace.StatusCode.ERROR, type(error).__name__)
        raise
    finally:
        _current.reset(token)
        span.end()


def _begin() -> bool:
    """Whether one more trace may begin in this second."""
    now = int(time.monotonic())
    second, count = _Tracing.begun
    _Tracing.begun = (now, count + 1 if second == now else 1)
    return _Tracing.begun[1] <= _Tracing.limit


@contextmanager
def publishing(headers: MutableMapping[str, str]) -> Iterator[None]:
    """A span around handing an event of a sampled request over; whoever applies it stands below this span."""
    told = headers["traceparent"]
    kind, event = headers["ce-type"], headers["ce-id"]
    attributes = {"messaging.system": "nats", "messaging.message.id": event}
    span = _Tracing.tracer.start_span(
        f"publish {kind}", context=_remote(told), kind=SpanKind.PRODUCER, attributes=attributes
    )
    headers["traceparent"] = _header(span, told)
    try:
        yield
    except Exception as error:
        span.set_status(trace.StatusCode.ERROR, type(error).__name__)
        raise
    finally:
        span.end()


def recorded(headers: MutableMapping[str, str]) -> bool:
    """Whether headers carry a trace that is recorded."""
    return headers.get("traceparent", "").endswith("-01")


def outcome(name: str, value: int | str, fault: bool = False) -> None:
    """Say on the present span how the request ended; `fault` if by a fault of ours. For sampled requests."""
    here = _current.get()
    if here is not None and here.span is not None:
        here.span.set_attribute(name, value)
        if fault:
            here.span.set_status(trace.StatusCode.ERROR)


def recording() -> bool:
    """Whether the present request is sampled."""
    here = _current.get()
    return here is not None and here.span is not None


def statement(name: str, text: str) -> AbstractContextManager[None]:
    """A span around one SQL statement, where the request is sampled."""
    here = _current.get()
    if here is None or here.span is None:
        return _nothing
    return _child(name, here.span, {"db.system.name": "postgresql", "db.query.text": text})


@contextmanager
def _child(name: str, parent: Span, attributes: dict[str, str]) -> Iterator[None]:
    span = _Tracing.tracer.start_span(
        name, context=trace.set_span_in_context(parent), kind=SpanKind.CLIENT, attributes=attributes
    )
    try:
        yield
    finally:
        span.end()


def inject(headers: MutableMapping[str, str]) -> None:
    """Put the trace into headers that travel on."""
    if here := _current.get():
        headers["traceparent"] = here.traceparent


def traceparent() -> str | None:
    """The header that carries the present trace on."""
    here = _current.get()
    return here.traceparent if here else None


def trace_id() -> str:
    """The id under which this request is found in logs and traces."""
    here = _current.get()
    return here.traceparent[3:35] if here else ""


def _remote(traceparent: str) -> Context:
    context = SpanContext(int(traceparent[3:35], 16), int(traceparent[36:52], 16), True, TraceFlags(1))
    return trace.set_span_in_context(NonRecordingSpan(context))


def _header(span: Span, incoming: str) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-01" if context.is_valid else incoming
