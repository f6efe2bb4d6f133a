"""What operators see of every process: how long calls take, what waits, what was set aside; and of nobody anything."""

import asyncio
import re
import urllib.request

import pytest

from services.kit import readers, serving, streams, telemetry
from tests.integration.kit.conftest import count, eventually, road, thing  # noqa: F401 - fixtures
from tests.people import until

SERVICES = ("leads", "opportunities", "contracts", "timeline", "analytics")
LISTENERS = {"timeline": ("leads", "opportunities", "contracts", "timeline"), "analytics": ("leads", "opportunities")}
SAMPLE = re.compile(r"(\w+)(?:{(.*)})? (\S+)")

EXEMPLAR = re.compile(r' # {trace_id="([0-9a-f]{32})"} ')


def samples(page):
    """Name, labels and value of everything on a page for Prometheus."""
    found = {}
    for line in page.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.fullmatch(line).groups()
            found[name, labels or ""] = float(value)
    return found


def named(found, name, *words):
    """The values under a name whose labels have these words in them."""
    return [value for (one, labels), value in found.items() if one == name and all(word in labels for word in words)]


@pytest.fixture(scope="module")
async def worked(town):
    """Somebody has worked, so that there is something to count."""
    boss = await town.boss("zählwerk")
    lead = await boss.post("/v1/leads", {"company": "计数科技"})
    await boss.get(f"/v1/leads/{lead['id']}")
    await boss.post("/v1/deals", {"name": "计数项目"})

    async def applied():
        return (await boss.get("/v1/analytics/channels"))["total"]["leads"]

    await until(applied)
    return boss


async def test_the_gateway_counts_requests_by_route_and_calls_by_method(stack, worked):
    with urllib.request.urlopen(f"{stack.url}/metrics") as page:
        found = samples(page.read().decode())
    for method, route in (("GET", "/v1/leads/{id}"), ("POST", "/v1/deals")):
        labels = (f'route="{route}"', f'method="{method}"', 'status="2xx"')
        assert named(found, "dealtrail_http_server_duration_seconds_count", *labels)[0] >= 1
        buckets = named(found, "dealtrail_http_server_duration_seconds_bucket", *labels)
        assert sorted(buckets) == buckets
        assert len(buckets) > 10


async def test_a_bucket_leads_to_the_trace_of_a_request_in_it(stack, collector, worked):
    for name, metric in (("gateway", "http_server"), ("leads", "rpc_server")):
        page = stack.metrics(name, "application/openmetrics-text")
        buckets = [line for line in page.splitlines() if line.startswith(f"dealtrail_{metric}_duration_seconds_bucket")]
        traces = {found[1] for line in buckets if (found := EXEMPLAR.search(line))}
        assert traces, name

        async def exported(traces=traces, name=name):
            return any(span.service == name for trace in traces for span in collector.trace(trace))

        await until(exported)


async def test_every_process_shows_its_calls_its_outbox_and_its_consumers(stack, worked):
    for name in (*SERVICES, "gateway"):
        found = samples(stack.metrics(name))
        assert named(found, "dealtrail_outbox_oldest_unpublished_seconds") != [], name
        assert named(found, "dealtrail_outbox_published_total") != [], name
        assert named(found, "dealtrail_process_info", f'service="{name}"') == [1], name
        assert named(found, "dealtrail_nats_connected") == [1], name
        used, limit = (named(found, f"dealtrail_database_pool_{what}_connections")[0] for what in ("used", "limit"))
        assert 0 <= used <= limit == 8, name
        assert named(found, "dealtrail_rpc_server_calls_limit") == [serving.AT_ONCE], name
    found = samples(stack.metrics("leads"))
    call = 'method="/dealtrail.leads.v1.LeadsService/CreateLead"'
    assert named(found, "dealtrail_rpc_server_duration_seconds_count", call, 'code="OK"')[0] >= 1
    assert named(found, "dealtrail_outbox_published_total")[0] >= 1
    for listener, heard in LISTENERS.items():
        found = samples(stack.metrics(listener))
        assert named(found, "dealtrail_consumer_applied_total", 'type="dealtrail.leads.v1.LeadCaptured"')[0] >= 1
        for stream in heard:
            assert named(found, "dealtrail_consumer_lag_messages", f'stream="{stream}"') != [], (listener, stream)
        assert "dealtrail_consumer_dead_letters_total" in stack.metrics(listener)


async def test_what_may_go_wrong_is_counted_from_the_start(stack, worked):
    """An alert on an increase does not see a series that begins with its first error."""
    found = samples(stack.metrics("gateway"))
    assert named(found, "dealtrail_http_server_duration_seconds_count", 'route="/v1/deals"', 'status="5xx"') != []
    for listener in LISTENERS:
        found = samples(stack.metrics(listener))
        for kind in ("unreadable", "dealtrail.leads.v1.LeadCaptured"):
            labels = (f'consumer="{listener}"', f'type="{kind}"')
            assert named(found, "dealtrail_consumer_dead_letters_total", *labels) != [], (listener, kind)


async def test_no_metric_has_an_id_or_a_name_in_it(stack, worked):
    for name in (*SERVICES, "gateway"):
        page = stack.metrics(name)
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}", page), name
        assert not [word for word in ("计数", "zählwerk", worked.id) if word in page], name


async def test_health_and_readiness_are_told_apart(stack, worked):
    for name in SERVICES:
        address = stack.address(name, "metrics")
        for path in ("healthz", "readyz"):
            with urllib.request.urlopen(f"http://{address}/{path}") as answer:
                assert answer.status == 200, (name, path)


def value(gauge, **labels):
    """What a gauge of this process shows."""
    return {str(sample.labels): sample.value for sample in next(iter(gauge.collect())).samples}.get(str(labels))


async def test_the_age_of_what_waits_grows_while_the_broker_is_away(road, monkeypatch):  # noqa: F811 - a fixture
    monkeypatch.setattr(streams, "STORE_S", 0.3)
    road.relay()
    await road.emit()
    await eventually(road.unpublished, 0)
    road.broker.kill()
    await road.emit()

    async def old():
        return value(telemetry.OUTBOX_AGE) > 1

    await eventually(old, True)
    road.broker.start()
    await eventually(road.unpublished, 0)

    async def none():
        return value(telemetry.OUTBOX_AGE)

    await eventually(none, 0)


async def test_the_lag_of_a_consumer_that_stands_still_is_seen(road, monkeypatch):  # noqa: F811 - a fixture
    monkeypatch.setattr(readers, "LAG_EVERY_S", 0.05)
    go_on = asyncio.Event()

    async def wait(tx, event, envelope):
        await go_on.wait()
        await count(tx, event, envelope)

    async def lag():
        return value(telemetry.CONSUMER_LAG, consumer="counting", stream="leads")

    road.relay()
    told = await road.emit(*(thing() for _ in range(5)))
    await eventually(road.unpublished, 0)
    road.consumer(wait)
    await eventually(lag, 5)
    go_on.set()
    await eventually(lag, 0)
    assert await road.counted() == told
