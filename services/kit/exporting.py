"""Spans on their way to a collector, for processes that are told of one."""

from collections.abc import Callable, Sequence

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

PATIENCE_MS = 2000


class LateExporter(SpanExporter):
    """Exports by OTLP over HTTP, whose hundred modules are loaded with the first batch, in the thread that exports.

    A start does not wait for them: they cost each process as much as everything else that it does before it serves.
    """

    def __init__(self) -> None:
        self._exporter: SpanExporter | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand a batch to the collector."""
        if self._exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - late

            self._exporter = OTLPSpanExporter(timeout=PATIENCE_MS / 1000)
        return self._exporter.export(spans)

    def shutdown(self) -> None:
        """Export nothing more."""
        if self._exporter is not None:
            self._exporter.shutdown()


def begin(service: str) -> tuple[trace.Tracer, Callable[[], None]]:
    """What begins the spans of this process, and what hands over those still held, at its end.

    They go to OTEL_EXPORTER_OTLP_ENDPOINT in batches.
    """
    provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(LateExporter(), export_timeout_millis=PATIENCE_MS))
    trace.set_tracer_provider(provider)

    def flush() -> None:
        provider.force_flush(PATIENCE_MS)
        provider.shutdown()

    return provider.get_tracer("dealtrail"), flush
