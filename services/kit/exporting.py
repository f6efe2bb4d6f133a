"""Spans on their way to a collector, for processes that are told of one."""

from collections.abc import Callable

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

PATIENCE_MS = 2000


def begin(service: str) -> tuple[trace.Tracer, Callable[[], None]]:
    """What begins the spans of this process, and what hands over those still held, at its end.

    They go to OTEL_EXPORTER_OTLP_ENDPOINT in batches.
    """
    exporter = OTLPSpanExporter(timeout=PATIENCE_MS / 1000)
    provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(exporter, export_timeout_millis=PATIENCE_MS))
    trace.set_tracer_provider(provider)

    def flush() -> None:
        provider.force_flush(PATIENCE_MS)
        provider.shutdown()

    return provider.get_tracer("dealtrail"), flush
