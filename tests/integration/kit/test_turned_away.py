"""A process that ends loses no call, be it a command without a key: what it turns away is sent to another."""

import asyncio
import itertools

import grpc
import pytest
from grpc.aio import AioRpcError

from services.kit import client
from services.kit.client import begun
from services.kit.gather import Gatherer
from services.kit.runtime import GRACE_S, SERVER_OPTIONS
from services.kit.serving import Calls, handlers
from tests.integration.kit.test_gather import Teller, ask

ENDS = 6
CALLERS = 24


async def replica(service, port=0):
    """One of the processes that serve the same, and its port."""
    server = grpc.aio.server(options=SERVER_OPTIONS)
    server.add_generic_rpc_handlers(handlers(Calls([service])))
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    return server, port


async def test_calls_to_replicas_that_end_one_after_the_other_are_each_carried_out_once():
    service = Teller()
    replicas = [await replica(service), await replica(service)]
    peer = Gatherer(client.channel("ipv4:" + ",".join(f"127.0.0.1:{port}" for _, port in replicas)))
    numbers, over, lost = itertools.count(), asyncio.Event(), []

    async def call():
        while not over.is_set():
            body = b"%d" % next(numbers)
            try:
                assert (await ask(peer, body))[0] == body
            except AioRpcError as error:
                lost.append(error.code())

    callers = [asyncio.create_task(call()) for _ in range(CALLERS)]
    for turn in range(ENDS):
        server, port = replicas[turn % 2]
        await asyncio.sleep(0.1)
        await server.stop(GRACE_S)
        replicas[turn % 2] = await replica(service, port)
        await asyncio.sleep(0.3)  # until callers know that it is back
    over.set()
    await asyncio.gather(*callers)
    await peer.close()
    for server, _ in replicas:
        await server.stop(None)
    assert not lost
    assert sorted(map(int, service.ended)) == list(range(next(numbers)))


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
async def test_what_may_have_begun_is_not_sent_again(code):
    sent = []

    async def send():
        sent.append(1)
        raise AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), "")

    with pytest.raises(AioRpcError):
        await begun(send)
    assert len(sent) == 1
