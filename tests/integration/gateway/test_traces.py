"""A sampled request is one span that the service's spans hang under; an unsampled one is none."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.kit import telemetry

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def spans(monkeypatch):
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry._Tracing, "tracer", provider.get_tracer("test"))
    return exporter


async def test_a_sampled_request_is_one_span_named_by_its_template(client, backend, spans):
    await client.get("/v1/leads/42", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    below, span = spans.get_finished_spans()
    assert span.name == "GET /v1/leads/{id}"
    assert below.parent.span_id == span.context.span_id
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == PARENT
    assert backend.metadata["traceparent"] == f"00-{TRACE}-{span.context.span_id:016x}-01"


async def test_an_unsampled_request_only_passes_the_trace_on(client, backend, spans):
    await client.get("/v1/leads/42", headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})
    assert spans.get_finished_spans() == ()
    assert backend.metadata["traceparent"] == f"00-{TRACE}-{PARENT}-00"


@pytest.mark.parametrize("forged", ["", "00-xyz", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{PARENT}-01-more"])
async def test_a_malformed_trace_is_replaced_by_our_own(client, backend, forged):
    assert (await client.get("/v1/leads/42", headers={"traceparent": forged})).status_code == 200
    assert len(backend.metadata["traceparent"]) == 55
    assert forged != backend.metadata["traceparent"]


async def test_a_problem_names_the_trace_under_which_it_is_found(client, spans):
    answer = await client.get("/v1/nowhere", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    assert answer.json()["traceId"] == TRACE


async def test_a_probe_begins_no_trace_and_a_call_does(client, spans, monkeypatch):
    monkeypatch.setattr(telemetry._Tracing, "ratio", 1)
    monkeypatch.setattr(telemetry._Tracing, "limit", 100)
    for path in ("/healthz", "/readyz", "/metrics"):
        await client.get(path)
    assert spans.get_finished_spans() == ()
    await client.get("/v1/leads/42")
    assert spans.get_finished_spans()[-1].name == "GET /v1/leads/{id}"
