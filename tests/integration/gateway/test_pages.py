"""Probes, metrics and documentation, and routers that stand beside the contract's routes."""

import re
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends
from grpc_health.v1 import health_pb2

from gateway import contract
from gateway.pages import caller
from gateway.routes import Route
from gateway.transcode import Caller

router = APIRouter(tags=["Things"])


@router.get("/v1/things/{size}", operation_id="getThing")
async def thing(size: int, who: Annotated[Caller, Depends(caller)]) -> dict[str, str]:
    """Get a thing."""
    if size > 9:
        raise ValueError("secret")
    return {"role": who.principal.role}


async def test_the_gateway_is_alive_without_anybody(gateway):
    client = await gateway(target="127.0.0.1:1")
    assert (await client.get("/healthz")).status_code == 200
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "NOT_READY")
    assert "leads" in answer.json()["detail"]


async def test_the_gateway_is_ready_when_its_services_serve(gateway, backend):
    client = await gateway()
    assert (await client.get("/readyz")).json() == {"status": "ready"}
    await backend.health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    other = await gateway()
    assert (await other.get("/readyz")).status_code == 503
    await backend.health.set("", health_pb2.HealthCheckResponse.SERVING)


async def test_requests_are_counted_by_template_and_never_by_id(client):
    await client.get("/v1/leads/5b1c6a0e-0000-7000-8000-000000000000")
    await client.get("/v1/nowhere/5b1c6a0e-0000-7000-8000-000000000000")
    text = (await client.get("/metrics")).text
    assert re.search(r'duration_seconds_count{method="GET",route="/v1/leads/{id}",status="2xx"} [1-9]', text)
    assert re.search(r'duration_seconds_count{method="GET",route="none",status="4xx"} [1-9]', text)
    assert "5b1c6a0e" not in text


async def test_the_documentation_needs_nothing_from_elsewhere(client):
    page = await client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) == 4
    for asset in named:
        answer = await client.get(asset)
        assert answer.status_code == 200
        assert len(answer.content) > 100
    assert (await client.get("/docs/other.js")).status_code == 404


async def test_the_openapi_document_holds_the_served_routes_only(client):
    document = (await client.get("/openapi.json")).json()
    methods = list(contract.methods())
    served = {Route(method, one).template for method in methods for one in method.bindings if method.peer == "leads"}
    assert set(document["paths"]) == served


async def test_a_router_shares_sign_in_refusals_and_documentation(gateway):
    client = await gateway(routers=[router])
    assert (await client.get("/v1/things/1")).json() == {"role": "REP"}
    stranger = await client.get("/v1/things/1", headers={"Authorization": ""})
    assert (stranger.status_code, stranger.json()["reason"]) == (401, "UNAUTHENTICATED")
    wrong = await client.get("/v1/things/big")
    assert (wrong.status_code, wrong.json()["reason"]) == (400, "INVALID")
    assert wrong.json()["violations"][0]["field"] == "size"
    broken = await client.get("/v1/things/10")
    assert (broken.status_code, broken.json()["reason"]) == (500, "INTERNAL")
    assert "secret" not in broken.text
    document = (await client.get("/openapi.json")).json()
    assert document["paths"]["/v1/things/{size}"]["get"]["operationId"] == "getThing"


async def test_a_routers_requests_count_like_all_others(gateway):
    client = await gateway(routers=[router], rate=0.01, burst=2)
    answers = [await client.get(path) for path in ("/v1/leads", "/v1/things/1", "/v1/things/1", "/v1/leads")]
    assert [one.status_code for one in answers] == [200, 200, 429, 429]


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/openapi.json"])
async def test_every_page_is_guarded(client, path):
    answer: httpx.Response = await client.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "cache-control" in answer.headers
