"""A process that ends loses no call, be it a command without a key: what it turns away is sent to another."""

import asyncio
import itertools

import grpc
import pytest
from grpc.aio import AioRpcError

from deploy.local.servers import free_ports
from services.kit import client
from services.kit.client import begun
from services.kit.gather import Gatherer
from services.kit.runtime import GRACE_S, SERVER_OPTIONS
from services.kit.serving import Calls, handlers
from tests.integration.kit.conftest import eventually
from tests.integration.kit.test_gather import Teller, ask

ENDS = 6
CALLERS = 24


async def replica(service, port):
    """One of the processes that serve the same."""
    server = grpc.aio.server(options=SERVER_OPTIONS)
    server.add_generic_rpc_handlers(handlers(Calls([service])))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    return server


async def found(service):
    """Whether callers know that it is there."""
    return bool(service.begun)


async def test_calls_to_replicas_that_end_one_after_the_other_are_each_carried_out_once():
    ports, services = free_ports(2), [Teller(), Teller()]
    replicas = [await replica(*one) for one in zip(services, ports, strict=True)]
    peer = Gatherer(client.channel("ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports)))
    numbers, over, lost = itertools.count(), asyncio.Event(), []

    async def call():
        while not over.is_set():
            body = b"%d" % next(numbers)
            try:
                assert (await ask(peer, body))[0] == body
            except AioRpcError as error:
                lost.append(error.code())

    callers = [asyncio.create_task(call()) for _ in range(CALLERS)]
    await asyncio.gather(*(eventually(lambda one=one: found(one), True) for one in services))
    for turn in range(ENDS):
        await asyncio.sleep(0.1)
        await replicas[turn % 2].stop(GRACE_S)
        services.append(Teller())
        replicas[turn % 2] = await replica(services[-1], ports[turn % 2])
        await eventually(lambda: found(services[-1]), True)
    over.set()
    await asyncio.gather(*callers)
    await peer.close()
    for server in replicas:
        await server.stop(None)
    assert not lost
    assert sorted(int(body) for one in services for body in one.ended) == list(range(next(numbers)))


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
async def test_what_may_have_begun_is_not_sent_again(code):
    sent = []

    async def send():
        sent.append(1)
        raise AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), "")

    with pytest.raises(AioRpcError):
        await begun(send)
    assert len(sent) == 1
