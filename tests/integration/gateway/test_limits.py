"""Nobody can ask for more, larger or slower than the gateway gives, and everybody is told so."""

import asyncio
import json
from urllib.parse import urlsplit

import httpx
import pytest

from gateway import protocol

LEADS = "/v1/leads"


def reason(answer):
    return answer.status_code, answer.json()["reason"]


async def raw(client, *parts, pause=0.0):
    """What the gateway says to bytes as they are."""
    address = urlsplit(str(client.base_url))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause)
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return answer


async def test_a_body_up_to_the_limit_is_read_and_one_byte_more_is_not(gateway):
    client = await gateway(body_bytes=1000)
    body = b'{"company":"x"}'.ljust(1000)
    headers = {"Content-Type": "application/json"}
    assert (await client.post(LEADS, content=body, headers=headers)).status_code == 200
    answer = await client.post(LEADS, content=body + b" ", headers=headers)
    assert reason(answer) == (413, "BODY_TOO_LARGE")


async def test_a_body_of_unknown_length_is_bounded_too(gateway):
    client = await gateway(body_bytes=1000)

    async def endless():
        for _ in range(100):
            yield b" " * 100

    answer = await client.post(LEADS, content=endless(), headers={"Content-Type": "application/json"})
    assert reason(answer) == (413, "BODY_TOO_LARGE")


async def test_a_refused_body_is_not_read_for_ever(gateway, monkeypatch):
    monkeypatch.setattr(protocol, "DISCARD_BYTES", 1 << 20)
    client = await gateway(body_bytes=1000)

    async def endless():
        while True:
            yield b" " * 65536

    with pytest.raises(httpx.TransportError):
        await client.post(LEADS, content=endless(), headers={"Content-Type": "application/json"})


async def test_large_headers_are_refused(client):
    answer = await client.get(LEADS, headers={"X-Large": "x" * 17_000})
    assert reason(answer) == (431, "HEADERS_TOO_LARGE")


async def test_endless_headers_are_cut_off(client):
    answer = await raw(client, b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000)
    assert answer.startswith(b"HTTP/1.1 431")
    assert b"HEADERS_TOO_LARGE" in answer


async def test_what_is_no_http_is_told_so(client):
    answer = await raw(client, b"HELLO\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in answer
    assert b"HTTP_MALFORMED" in answer


async def test_headers_that_never_end_are_not_waited_for(gateway, monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    client = await gateway()
    assert await raw(client, b"GET / HTTP/1.1\r\n", b"X: y\r\n") == b""
    assert await raw(client) == b""


async def test_a_body_that_does_not_come_is_not_waited_for(gateway):
    client = await gateway(body_seconds=0.2)
    head = b"POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
    head += f"Authorization: {client.headers['authorization']}\r\n\r\n".encode()
    answer = await raw(client, head, b'{"comp')
    assert answer.startswith(b"HTTP/1.1 408")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["reason"] == "BODY_TOO_SLOW"


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key", "If-Match"])
async def test_a_header_that_decides_may_stand_only_once(client, name):
    answer = await client.get(LEADS, headers=[(name, "a"), (name, "b")])
    assert reason(answer) == (400, "HEADER_REPEATED")


async def test_a_caller_who_asks_too_fast_is_told_when_to_go_on(gateway):
    client = await gateway(rate=0.01, burst=2)
    answers = [await client.get(LEADS) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert reason(answers[2]) == (429, "RATE_EXCEEDED")
    assert 70 <= int(answers[2].headers["retry-after"]) <= 100


async def test_an_address_that_sends_one_bad_token_after_another_is_held_back_and_good_tokens_are_not(gateway):
    client = await gateway(failure_rate=0.01, failure_burst=3)
    bad = {"Authorization": "Bearer guessed"}
    answers = [await client.get(LEADS, headers=bad) for _ in range(4)]
    assert [one.status_code for one in answers] == [401, 401, 401, 429]
    assert 70 <= int(answers[3].headers["retry-after"]) <= 100
    assert (await client.get(LEADS)).status_code == 200


async def test_what_is_more_than_can_be_served_in_time_is_turned_away(gateway, backend):
    released = asyncio.Event()

    async def wait(_):
        from dealtrail.leads.v1 import leads_pb2

        await released.wait()
        return leads_pb2.ListLeadsResponse()

    backend.answers["ListLeads"] = wait
    client = await gateway(in_flight=2)
    held = [asyncio.create_task(client.get(LEADS)) for _ in range(2)]
    while len(backend.requests) < 2:
        await asyncio.sleep(0.01)
    assert reason(await client.get(LEADS)) == (503, "OVERLOADED")
    released.set()
    assert [(await one).status_code for one in held] == [200, 200]
    assert (await client.get(LEADS)).status_code == 200


async def test_an_upload_route_takes_what_it_says(gateway):
    from fastapi import APIRouter, Request

    router = APIRouter()

    @router.post("/v1/uploads")
    async def upload(request: Request) -> int:
        return len(await request.body())

    client = await gateway(routers=[router], uploads={"/v1/uploads": 5000}, body_bytes=1000)
    assert (await client.post("/v1/uploads", content=b"x" * 5000)).json() == 5000
    answer = await client.post("/v1/uploads", content=b"x" * 5001)
    assert reason(answer) == (413, "BODY_TOO_LARGE")
