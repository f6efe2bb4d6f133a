"""Calls that wait together travel together, and each fares as if it had travelled alone."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from dealtrail.type.v1 import calls_pb2
from grpc import StatusCode
from grpc.aio import AioRpcError

from deploy.local.servers import free_ports
from services.kit import client
from services.kit.errors import Conflict
from services.kit.gather import Gatherer
from services.kit.rpc import AS_JSON, IN_JSON, REPLAYED, Reply
from services.kit.serving import LARGEST, MANY, Calls, handlers
from services.kit.status import DETAILS, reason_of
from tests.integration.kit.conftest import eventually

ECHO = "/test.Test/Echo"


class Taken(Conflict):
    en = "it is taken"
    zh = "已被占用"


class Teller:
    """A service that does what the request's first word says."""

    name = "test.Test"

    def __init__(self) -> None:
        self.methods: dict[str, Any] = {"Echo": SimpleNamespace(path=ECHO)}
        self.remaining: list[float | None] = []
        self.begun: list[bytes] = []
        self.ended: list[bytes] = []
        self.may_end = asyncio.Event()

    async def invoke(self, name, body, metadata, remaining):
        self.begun.append(body)
        self.remaining.append(remaining)
        word, _, rest = body.partition(b" ")
        if word == b"sleep":
            await asyncio.sleep(float(rest))
        if word == b"wait":
            await self.may_end.wait()
        if word == b"refuse":
            raise Taken
        if word == b"break":
            raise RuntimeError("secret of the house")
        self.ended.append(body)
        answer = metadata["say"].encode() if word == b"metadata" else bytes(int(rest)) if word == b"size" else body
        in_json = word == b"kind" and metadata.get(AS_JSON[0]) == AS_JSON[1]
        return Reply(answer, replayed=word == b"again", in_json=in_json)


@pytest.fixture
def service():
    return Teller()


@pytest.fixture
async def peer(service):
    async with serving(service) as (port, _):
        gatherer = Gatherer(client.channel(f"127.0.0.1:{port}"))
        yield gatherer
        await gatherer.close()


@asynccontextmanager
async def serving(service, port=0):
    """The service on grpc's server, which counts its requests. Without a port on any that is free."""
    counted = Requests()
    server = grpc.aio.server(interceptors=[counted], options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers(handlers(Calls([service])))
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield port, counted
    finally:
        await server.stop(None)


class Requests(grpc.aio.ServerInterceptor):
    def __init__(self) -> None:
        self.paths: list[str] = []

    async def intercept_service(self, continuation, handler_call_details):
        if "health" not in handler_call_details.method:
            self.paths.append(handler_call_details.method)
        return await continuation(handler_call_details)


async def ask(peer, body, timeout=30.0, path=ECHO, **metadata):
    return await peer(path, body, tuple(metadata.items()), timeout)


async def test_of_calls_made_at_one_moment_one_goes_at_once_and_all_others_travel_in_one_request(service):
    async with serving(service) as (port, counted):
        peer = Gatherer(client.channel(f"127.0.0.1:{port}"))
        bodies = [b"%d" % number for number in range(LARGEST + 1)]
        replies = await asyncio.gather(*(ask(peer, body) for body in bodies))
        assert [reply for reply, _ in replies] == bodies
        assert sorted(counted.paths) == sorted([ECHO, f"/{MANY.full_name}/CallMany"])
        await peer.close()


async def test_calls_beside_others_wait_for_company_and_not_for_long(service):
    async with serving(service) as (port, counted):
        peer = Gatherer(client.channel(f"127.0.0.1:{port}"))
        slow = [asyncio.create_task(ask(peer, b"wait", timeout=60)) for _ in range(2)]
        await eventually(lambda: begun(service), 2)
        counted.paths.clear()
        replies = [asyncio.create_task(ask(peer, b"1"))]
        await asyncio.sleep(0)
        replies.append(asyncio.create_task(ask(peer, b"2")))
        assert await asyncio.gather(*replies) == [(b"1", ()), (b"2", ())]
        assert counted.paths == [f"/{MANY.full_name}/CallMany"]
        assert not any(one.done() for one in slow)
        service.may_end.set()
        await asyncio.gather(*slow)
        await peer.close()


async def begun(service):
    return len(service.begun)


async def test_a_reply_is_json_for_those_who_take_it_alone_or_together(peer):
    takes_json = dict([AS_JSON])
    assert await ask(peer, b"kind", **takes_json) == (b"kind", (IN_JSON,))
    assert await ask(peer, b"kind") == (b"kind", ())
    one, other = await asyncio.gather(ask(peer, b"kind", **takes_json), ask(peer, b"kind"))
    assert (one, other) == ((b"kind", (IN_JSON,)), (b"kind", ()))


async def test_a_call_too_many_is_refused_however_it_travels(service):
    server = grpc.aio.server()
    calls = Calls([service], most=3)
    server.add_generic_rpc_handlers(handlers(calls))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    peer = Gatherer(client.channel(f"127.0.0.1:{port}"))
    together = await asyncio.gather(*(ask(peer, b"sleep 0.3") for _ in range(5)), return_exceptions=True)
    refused = [one for one in together if isinstance(one, AioRpcError)]
    assert [one.code() for one in refused] == [StatusCode.RESOURCE_EXHAUSTED] * 2
    assert calls.under_way == 0
    assert await ask(peer, b"now") == (b"now", ())
    await peer.close()
    await server.stop(None)


async def test_a_call_that_is_alone_is_a_plain_call(service):
    async with serving(service) as (port, counted):
        peer = Gatherer(client.channel(f"127.0.0.1:{port}"))
        assert await ask(peer, b"one") == (b"one", ())
        assert counted.paths == [ECHO]
        await peer.close()


@pytest.mark.parametrize("others", [0, 2])
async def test_calls_under_way_are_told_when_their_channel_is_closed_and_later_ones_too(service, others):
    async with serving(service) as (port, _):
        peer = Gatherer(client.channel(f"127.0.0.1:{port}"))
        calls = [asyncio.create_task(ask(peer, b"wait")) for _ in range(1 + others)]
        await eventually(lambda: begun(service), 1 + others)
        await peer.close()
        lost: Any = await asyncio.gather(*calls, return_exceptions=True)
        assert {one.code() for one in lost} == {StatusCode.CANCELLED}
        with pytest.raises(AioRpcError) as late:
            await ask(peer, b"late")
        assert late.value.code() is StatusCode.UNAVAILABLE


async def test_a_call_that_is_alone_ends_with_its_caller_and_holds_up_none_after_it(service):
    async with serving(service) as (port, counted):
        peer = Gatherer(client.channel(f"127.0.0.1:{port}"))
        call = asyncio.create_task(ask(peer, b"wait"))
        await eventually(lambda: begun(service), 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await ask(peer, b"next") == (b"next", ())
        assert counted.paths == [ECHO, ECHO]
        await peer.close()


@pytest.mark.parametrize("together", [1, 3])
async def test_metadata_deadline_and_replay_cross_in_company_as_alone(peer, service, together):
    replies = await asyncio.gather(*(ask(peer, b"metadata", timeout=90, say=f"x{n}") for n in range(together)))
    assert [reply.decode() for reply, _ in replies] == [f"x{n}" for n in range(together)]
    assert all(60 < remaining < 91 for remaining in service.remaining)  # gRPC rounds up to a tenth of a second
    assert all(trailing == (REPLAYED,) for _, trailing in await asyncio.gather(*[ask(peer, b"again")] * together))


@pytest.mark.parametrize("together", [1, 3])
async def test_a_refusal_and_a_fault_touch_no_other_call(peer, together):
    bodies = [b"refuse", b"break", b"fine"]
    found = []
    for start in range(0, 3, together):
        calls = (ask(peer, body) for body in bodies[start : start + together])
        found += await asyncio.gather(*calls, return_exceptions=True)
    refused, broken, fine = found
    assert refused.code() is StatusCode.ABORTED
    assert reason_of(dict(refused.trailing_metadata())[DETAILS]) == "TAKEN"
    assert broken.code() is StatusCode.INTERNAL
    assert "secret" not in broken.details()
    assert fine == (b"fine", ())


async def test_a_slow_call_holds_up_no_other(peer, service):
    slow, first = [asyncio.create_task(ask(peer, body, timeout=60)) for body in (b"wait", b"first")]
    assert await first == (b"first", ())
    for number in range(20):
        assert await ask(peer, b"%d" % number) == (b"%d" % number, ())
    assert not slow.done()
    service.may_end.set()
    assert await slow == (b"wait", ())


async def test_work_whose_caller_has_no_time_left_is_ended(peer, service):
    await ask(peer, b"connected")
    asked = ask(peer, b"sleep 1.1", timeout=1), ask(peer, b"sleep 1.2", timeout=60)
    late: Any = (await asyncio.gather(*asked, return_exceptions=True))[0]
    assert late.code() is StatusCode.DEADLINE_EXCEEDED
    assert service.begun == [b"connected", b"sleep 1.1", b"sleep 1.2"]
    assert service.ended == [b"connected", b"sleep 1.2"]


async def test_replies_and_requests_larger_than_one_message_are_split(peer):
    million = 1 << 20
    replies = await asyncio.gather(*(ask(peer, b"size %d" % million) for _ in range(12)))
    assert {len(reply) for reply, _ in replies} == {million}
    replies = await asyncio.gather(*(ask(peer, bytes([65 + n]) * million) for n in range(12)))
    assert [reply[:1] for reply, _ in replies] == [bytes([65 + n]) for n in range(12)]


async def test_an_unknown_method_is_refused_and_its_company_is_not(peer):
    calls = ask(peer, b"", path="/test.Test/Other"), ask(peer, b"known")
    found: Any = await asyncio.gather(*calls, return_exceptions=True)
    assert found[0].code() is StatusCode.UNIMPLEMENTED
    assert found[1] == (b"known", ())


async def test_all_calls_are_told_when_the_peer_is_lost_and_served_when_it_is_back(service):
    [port] = free_ports(1)  # which nobody is given before the peer is back
    async with serving(service, port):
        peer = Gatherer(client.channel(f"127.0.0.1:{port}"))
        under_way = asyncio.gather(*(ask(peer, b"sleep 20") for _ in range(5)), return_exceptions=True)
        await asyncio.sleep(0.2)
    assert {lost.code() for lost in await under_way} <= {StatusCode.UNAVAILABLE, StatusCode.CANCELLED}
    assert (await asyncio.gather(ask(peer, b"x"), return_exceptions=True))[0].code() is StatusCode.UNAVAILABLE
    async with serving(service, port), asyncio.timeout(60):
        while True:
            try:
                assert (await ask(peer, b"back"))[0] == b"back"
                break
            except AioRpcError:
                await asyncio.sleep(0.05)
        await peer.close()


@pytest.mark.parametrize(
    "body", [b"\xff\xff\xff", calls_pb2.CallManyRequest(calls=[calls_pb2.Call()] * (LARGEST + 1)).SerializeToString()]
)
async def test_what_is_no_request_of_calls_is_refused_as_malformed(service, body):
    async with serving(service) as (port, _), grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(AioRpcError) as refused:
            await anext(aiter(channel.unary_stream(f"/{MANY.full_name}/CallMany")(body)))
        assert refused.value.code() is StatusCode.INVALID_ARGUMENT
        assert service.begun == []


async def test_a_call_whose_time_is_over_is_told_so_and_the_request_ends(service):
    calls = [calls_pb2.Call(method=ECHO, request=b"wait", timeout_ms=200), calls_pb2.Call(method=ECHO, request=b"x")]
    calls[1].timeout_ms = 60_000
    body = calls_pb2.CallManyRequest(calls=calls).SerializeToString()
    found = {}
    async with serving(service) as (port, _), grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        async for part in channel.unary_stream(f"/{MANY.full_name}/CallMany")(body, timeout=60):
            found.update({one.index: one for one in calls_pb2.CallManyResponse.FromString(part).outcomes})
    assert found[0].code == StatusCode.DEADLINE_EXCEEDED.value[0]
    assert found[1].reply == b"x"
