"""A gateway that ends takes the requests that are on their way, and lets no answer go on for ever."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from gateway.server import FAREWELL_SECONDS, SHUTDOWN_SECONDS
from tests.integration.gateway.conftest import serving

PATIENCE_S = 60
REQUEST = b"GET %s HTTP/1.1\r\nhost: here\r\n\r\n"


class Answers:
    """An application: /short answers at once, /slow when it may, /endless until it is let go."""

    def __init__(self):
        self.may = asyncio.Event()
        self.gone = asyncio.Event()

    async def __call__(self, scope, receive, send):
        """As ASGI says."""
        waits = {"/slow": self.may, "/endless": self.gone}
        if scope["path"] == "/slow":
            await self.may.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        if scope["path"] in waits:
            await waits[scope["path"]].wait()
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def connected(url):
    """A connection of a caller."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    yield reader, writer
    writer.close()


async def asked(connection, path):
    """The head of the answer."""
    reader, writer = connection
    writer.write(REQUEST % path)
    return (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)).lower()


@pytest.fixture
async def server():
    """A server that has not been asked to end, its address and what it answers."""
    answers = Answers()
    async with serving(answers, answers.gone.set) as (url, end):
        yield url, end, answers


async def test_a_request_on_its_way_over_a_waiting_connection_is_answered(server):
    url, end, _ = server
    async with connected(url) as connection:
        assert b"connection: close" not in await asked(connection, b"/short")
        await asyncio.wait_for(connection[0].readuntil(b"0\r\n\r\n"), PATIENCE_S)
        ended = asyncio.create_task(end())
        await asyncio.sleep(FAREWELL_SECONDS / 10)
        head = await asked(connection, b"/short")
        assert head.startswith(b"http/1.1 200")
        assert b"connection: close" in head
        assert (await asyncio.wait_for(connection[0].read(), PATIENCE_S)).endswith(b"0\r\n\r\n")
        await asyncio.wait_for(ended, PATIENCE_S)


async def test_an_answer_in_hand_is_finished_and_is_the_last_of_its_connection(server):
    url, end, answers = server
    async with connected(url) as connection:
        head = asyncio.create_task(asked(connection, b"/slow"))
        await asyncio.sleep(0.1)
        ended = asyncio.create_task(end())
        await asyncio.sleep(FAREWELL_SECONDS + 0.5)
        answers.may.set()
        assert b"connection: close" in await head
        assert (await asyncio.wait_for(connection[0].read(), PATIENCE_S)).endswith(b"0\r\n\r\n")
        await asyncio.wait_for(ended, PATIENCE_S)


async def test_streams_are_let_go_also_those_that_begin_at_the_end(server):
    url, end, _ = server
    async with connected(url) as early, connected(url) as late:
        await asked(early, b"/endless")
        ended = asyncio.create_task(end())
        await asyncio.sleep(FAREWELL_SECONDS / 10)
        await asked(late, b"/endless")
        for reader, _ in (early, late):
            assert (await asyncio.wait_for(reader.read(), PATIENCE_S)).endswith(b"0\r\n\r\n")
        await asyncio.wait_for(ended, PATIENCE_S)


async def test_a_connection_that_brings_nothing_does_not_hold_up_the_end(server):
    url, end, _ = server
    async with connected(url) as connection:
        await asked(connection, b"/short")
        await asyncio.wait_for(end(), SHUTDOWN_SECONDS / 2)
