"""Answers on the wire: whole ones in one piece, and nothing that an application says passes for another answer."""

import asyncio
import socket

import httpx
import pytest

from tests.integration.gateway.conftest import listening

BODY = b'{"status":"alive"}'
LENGTH = (b"content-length", b"%d" % len(BODY))


def saying(*messages):
    """An application that sends these and, where one is an error, raises it."""

    async def application(scope, receive, send):
        for message in messages:
            if isinstance(message, Exception):
                raise message
            await send(dict(message))

    return application


def head(*headers, status=200):
    return {"type": "http.response.start", "status": status, "headers": [*headers]}


def body(content=BODY, more=False):
    return {"type": "http.response.body", "body": content, "more_body": more}


async def asked(application, method="GET", **headers):
    async with listening(application) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        first = await client.request(method, "/", headers=headers)
        assert (await client.request(method, "/")).status_code == first.status_code  # the connection is in order
        return first


def pieces(port, requests):
    """Each piece in which the answers to requests on one connection come."""
    found = []
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for _ in range(requests):
            connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            came = b""
            while not came.endswith(BODY):
                came += (piece := connection.recv(1 << 16))
                found.append(piece)
    return found


async def test_an_answer_that_is_known_whole_comes_in_one_piece():
    async with listening(saying(head(LENGTH, (b"etag", b'"1"')), body())) as url:
        found = await asyncio.to_thread(pieces, int(url.rpartition(":")[2]), 200)
    assert len(found) == 200
    assert {piece.count(b"\r\n") for piece in found} == {5}
    assert all(b'\r\netag: "1"\r\n' in piece and b"\r\ndate: " in piece for piece in found)


@pytest.mark.parametrize("more", [[body()], [body(BODY[:5], more=True), body(BODY[5:])], [body(more=True), body(b"")]])
@pytest.mark.parametrize("headers", [[LENGTH], []])
async def test_an_answer_is_the_same_however_it_is_sent(headers, more):
    answer = await asked(saying(head(*headers), *more))
    assert answer.content == BODY
    assert ("content-length" in answer.headers) == bool(headers)


async def test_who_asks_for_the_head_gets_no_body():
    answer = await asked(saying(head(LENGTH), body()), "HEAD")
    assert (answer.content, answer.headers["content-length"]) == (b"", str(len(BODY)))


async def test_a_connection_that_the_caller_closes_is_closed_after_the_answer():
    answer = await asked(saying(head(LENGTH), body()), connection="close")
    assert (answer.content, answer.headers["connection"]) == (BODY, "close")


async def test_what_fails_between_head_and_body_is_a_fault():
    assert (await asked(saying(head(LENGTH), RuntimeError("lost")))).status_code == 500


@pytest.mark.parametrize("header", [(b"x-said", b"a\r\nset-cookie: b"), (b"x:said", b"a"), (b"x-said", b"a\0")])
async def test_a_header_that_is_none_is_not_sent(header):
    with pytest.raises(httpx.RemoteProtocolError):
        await asked(saying(head(LENGTH, header), body()))
