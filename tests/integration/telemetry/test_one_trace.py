"""One trace from the request over REST to the projection that its events ended in; or none at all."""

import secrets

import pytest

from tests.people import until

SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
CONVERT = "POST /v1/leads/{id}:convert"
CONVERT_LEAD = "/dealtrail.leads.v1.LeadsService/ConvertLead"
CREATE_DEAL = "/dealtrail.opportunities.v1.DealsService/CreateDeal"
TOLD = {
    ("timeline", "apply dealtrail.leads.v1.LeadConverted"): ("leads", CONVERT_LEAD),
    ("analytics", "apply dealtrail.leads.v1.LeadConverted"): ("leads", CONVERT_LEAD),
    ("timeline", "apply dealtrail.opportunities.v1.DealOpened"): ("opportunities", CREATE_DEAL),
    ("analytics", "apply dealtrail.opportunities.v1.DealOpened"): ("opportunities", CREATE_DEAL),
}
"""Who applies which event, and whose call told it."""
PUBLISHED = {(owner, name.replace("apply", "publish")) for (_, name), (owner, _) in TOLD.items()}
WHOLE = {("gateway", CONVERT), *TOLD, *TOLD.values(), *PUBLISHED}
"""Every span of a conversion that is spoken of here: each process tells of its own when it likes."""


@pytest.fixture(scope="module")
async def rep(town):
    return await town.boss("yunshan")


class Traced:
    """A trace that a client has begun."""

    def __init__(self, sampled):
        self.trace_id, self.span_id = secrets.token_hex(16), secrets.token_hex(8)
        self.header = f"00-{self.trace_id}-{self.span_id}-0{int(sampled)}"


async def convert(rep, traced):
    """A lead becomes a deal; the conversion alone is in the trace."""
    lead = await rep.post("/v1/leads", {"company": f"追踪科技 {secrets.token_hex(4)}", "contactName": "张伟"})
    await rep.post(f"/v1/leads/{lead['id']}:qualify")
    return await rep.post(f"/v1/leads/{lead['id']}:convert", traceparent=traced.header)


@pytest.fixture(scope="module")
async def trace(rep, collector):
    """The client's part of a trace, and all spans of it once every process has told its own."""
    traced = Traced(sampled=True)
    await convert(rep, traced)

    async def told():
        spans = collector.trace(traced.trace_id)
        return spans if {(span.service, span.name) for span in spans} >= WHOLE and not orphans(traced, spans) else None

    return traced, await until(told)


def orphans(traced, spans):
    """The names of spans whose parent nobody has told of."""
    known = {span.span_id for span in spans} | {traced.span_id}
    return [span.name for span in spans if span.parent_id not in known]


def the(spans, service, name):
    [found] = [span for span in spans if (span.service, span.name) == (service, name)]
    return found


async def test_the_request_hangs_under_its_client_and_each_call_under_its_caller(trace):
    traced, spans = trace
    request = the(spans, "gateway", CONVERT)
    assert (request.parent_id, request.kind) == (traced.span_id, SERVER)
    lead = the(spans, "leads", CONVERT_LEAD)
    assert (lead.parent_id, lead.kind) == (request.span_id, SERVER)
    deal = the(spans, "opportunities", CREATE_DEAL)
    assert (deal.parent_id, deal.kind) == (lead.span_id, SERVER)


async def test_an_event_is_applied_under_its_relay_and_relayed_under_the_call_that_told_it(trace):
    _, spans = trace
    for (service, name), (owner, call) in TOLD.items():
        relayed = the(spans, owner, name.replace("apply", "publish"))
        assert (relayed.parent_id, relayed.kind) == (the(spans, owner, call).span_id, PRODUCER), name
        applied = the(spans, service, name)
        assert (applied.parent_id, applied.kind) == (relayed.span_id, CONSUMER), name


async def test_statements_stand_under_the_call_or_the_event_that_made_them(trace):
    _, spans = trace
    statements = [span for span in spans if span.attributes.get("db.system.name") == "postgresql"]
    parents = {span.span_id: span for span in spans}
    under = {(parents[one.parent_id].service, parents[one.parent_id].kind) for one in statements}
    assert {("leads", SERVER), ("opportunities", SERVER), ("timeline", CONSUMER), ("analytics", CONSUMER)} <= under
    assert {one.kind for one in statements} == {CLIENT}
    texts = [one.attributes["db.query.text"] for one in statements]
    assert [text for text in texts if "追踪科技" in text] == [], "values are bound, not written out"
    assert any("UPDATE leads" in text for text in texts)


async def test_all_spans_of_a_trace_hang_together(trace):
    assert orphans(*trace) == []


async def test_an_unsampled_request_makes_no_span_anywhere(rep, collector, trace):
    silent, loud = Traced(sampled=False), Traced(sampled=True)
    await convert(rep, silent)
    await convert(rep, loud)

    async def heard():
        return {(span.service, span.name) for span in collector.trace(loud.trace_id)} >= WHOLE

    # What came later has been exported by every process; what came before would have been too.
    await until(heard)
    assert collector.trace(silent.trace_id) == []


async def test_a_request_without_a_trace_begins_one_that_its_refusal_names(rep, collector):
    refused = await rep.ask("GET", "/v1/leads/01890000-0000-7000-8000-000000000000")
    trace_id = refused.json()["traceId"]

    async def told():
        return {span.name for span in collector.trace(trace_id)} >= {
            "GET /v1/leads/{id}",
            "/dealtrail.leads.v1.LeadsService/GetLead",
        }

    await until(told)
