"""The page of traces: what arrived, the newest first, found by route, status and duration, in bounded memory."""

import gzip
import http.client
import threading

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from deploy.local.traces import page
from deploy.local.traces.__main__ import Server
from deploy.local.traces.memory import Memory

MS = 1_000_000


def export(trace, *spans, service="gateway"):
    """One export of spans: (id, parent, name, start ms, end ms, attributes)."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    named = resource.resource.attributes.add(key="service.name")
    named.value.string_value = service
    scope = resource.scope_spans.add()
    for number, parent, name, start, end, attributes in spans:
        span = scope.spans.add(name=name, kind=2, start_time_unix_nano=start * MS, end_time_unix_nano=end * MS)
        span.trace_id, span.span_id = trace.to_bytes(16), number.to_bytes(8)
        span.parent_span_id = parent.to_bytes(8) if parent else b""
        for key, value in attributes.items():
            attribute = span.attributes.add(key=key)
            setattr(attribute.value, "int_value" if isinstance(value, int) else "string_value", value)
    return request.SerializeToString()


def asked(trace, name="GET /v1/leads", start=0, ms=5, status=200):
    return export(trace, (1, 0, name, start, start + ms, {"http.response.status_code": status}))


@pytest.fixture
def memory():
    return Memory()


def names(memory, **chosen):
    text = page.listing(memory.recent(), page.Filter.of(chosen))
    return [one.root.name for one in memory.recent() if f"/traces/{one.id}" in text]


def test_the_list_is_filtered_by_route_status_and_duration(memory):
    memory.take(asked(1, "GET /v1/leads", start=10))
    memory.take(asked(2, "POST /v1/deals", start=20, ms=80))
    memory.take(asked(3, "GET /v1/deals/{id}", start=30, status=503))
    assert names(memory) == ["GET /v1/deals/{id}", "POST /v1/deals", "GET /v1/leads"]
    assert names(memory, route="deals") == ["GET /v1/deals/{id}", "POST /v1/deals"]
    assert names(memory, status="5") == ["GET /v1/deals/{id}"]
    assert names(memory, ms="50") == ["POST /v1/deals"]
    assert names(memory, ms="many") == names(memory)


def test_a_waterfall_shows_each_span_below_its_cause_though_they_arrive_in_any_order(memory):
    memory.take(export(7, (4, 3, "apply LeadCaptured", 40, 44, {}), service="timeline"))
    memory.take(export(7, (2, 1, "CreateLead", 2, 8, {}), (3, 2, "publish LeadCaptured", 20, 22, {}), service="leads"))
    memory.take(asked(7, "POST /v1/leads", ms=10))
    trace = memory.find(f"{7:032x}")
    assert [(depth, span.name) for depth, span in trace.tree()] == [
        (0, "POST /v1/leads"),
        (1, "CreateLead"),
        (2, "publish LeadCaptured"),
        (3, "apply LeadCaptured"),
    ]
    assert (trace.ms, trace.whole_ms) == (10, 44)
    text = page.waterfall(trace)
    assert [text.index(span.name) for _, span in trace.tree()] == sorted(text.index(s.name) for _, s in trace.tree())


def test_what_stands_in_spans_is_shown_and_not_run(memory):
    memory.take(export(1, (1, 0, "<script>alert(1)</script>", 0, 1, {"<b>": "<i>"})))
    for text in (page.listing(memory.recent(), page.Filter("<script>")), page.waterfall(memory.recent()[0])):
        assert "<script>" not in text
        assert "<i>" not in text


def test_the_oldest_traces_make_room():
    memory = Memory(traces=3, spans=5)
    for number in range(1, 5):
        memory.take(asked(number, start=number))
    assert [trace.start_ns // MS for trace in memory.recent()] == [4, 3, 2]
    memory.take(export(9, *((one, 0, "many", 50, 51, {}) for one in range(1, 5))))
    assert sum(len(trace.spans) for trace in memory.recent()) <= 5
    assert memory.find(f"{9:032x}") is not None


@pytest.fixture
def served(memory):
    """Asks the server: `served("GET", "/")` is status and text."""
    server = Server("127.0.0.1", 0, memory)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def ask(method, path, body=None, **headers):
        line = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        return answer.status, answer.read().decode()

    yield ask
    server.shutdown()
    server.server_close()


def test_spans_are_taken_as_exporters_send_them_and_shown(served):
    assert served("POST", "/v1/traces", gzip.compress(asked(5)), content_encoding="gzip")[0] == 200
    assert served("POST", "/v1/traces", asked(6))[0] == 200
    status, text = served("GET", "/?route=leads")
    assert (status, text.count("GET /v1/leads</a>")) == (200, 2)
    assert "GET /v1/leads" in served("GET", f"/traces/{5:032x}")[1]


def test_nonsense_is_refused(served):
    assert served("POST", "/v1/traces", b"\xff\xff")[0] == 400
    assert served("POST", "/v1/traces", b"no gzip", content_encoding="gzip")[0] == 400
    assert served("POST", "/elsewhere", b"")[0] == 404
    assert served("GET", "/traces/none")[0] == 404


def test_who_was_led_here_by_another_name_sees_nothing(served):
    served("POST", "/v1/traces", asked(5))
    assert served("GET", "/", host="evil.example")[0] == 404
