"""Our HTTP/2 client against grpc's own server: every call ends once, in time, and as the server meant it."""

import asyncio
import contextlib
import socket
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc import StatusCode
from grpc.aio import AioRpcError

from gateway.http2 import calls, channel
from gateway.http2.channel import Channel
from gateway.http2.stream import LARGEST

CALL = "/test.Test/Call"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@asynccontextmanager
async def serving(answer, port=0, host="127.0.0.1", options=()):
    """grpc's server with one method of bytes: its port and itself."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", 8 << 20), *options])
    methods: dict[str, Any] = {"Call": grpc.unary_unary_rpc_method_handler(answer)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Test", methods),))
    port = server.add_insecure_port(f"{host}:{port}")
    await server.start()
    try:
        yield port, server
    finally:
        await server.stop(None)


@asynccontextmanager
async def connected(port, host="127.0.0.1"):
    peer = Channel(f"{host}:{port}")
    try:
        yield peer
    finally:
        await peer.close()


async def echo(request, context):
    context.set_trailing_metadata((("said", str(dict(context.invocation_metadata()).get("say"))),))
    return request


async def call(peer, request=b"x", metadata=(), timeout=5.0):
    return await peer(CALL, request, metadata, timeout)


async def code(awaitable):
    with pytest.raises(AioRpcError) as failed:
        await awaitable
    return failed.value.code()


@pytest.mark.parametrize("size", [0, 1, 16_379, 16_380, 70_000, 1 << 20, LARGEST])
async def test_messages_of_any_size_go_and_come_back(size):
    message = bytes(range(256)) * (size // 256 + 1)
    async with serving(echo) as (port, _), connected(port) as peer:
        reply, _ = await call(peer, message[:size])
        assert reply == message[:size]


async def test_many_large_calls_share_the_windows():
    async with serving(echo) as (port, _), connected(port) as peer:
        messages = [bytes([number]) * 300_000 for number in range(60)]
        replies = await asyncio.gather(*(call(peer, one) for one in messages))
        assert [reply for reply, _ in replies] == messages


async def test_more_calls_than_the_peer_takes_wait_for_their_turn():
    most = now = 0

    async def slow(request, _):
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        return request

    async with serving(slow, options=[("grpc.max_concurrent_streams", 3)]) as (port, _), connected(port) as peer:
        await call(peer)
        replies = await asyncio.gather(*(call(peer, b"%d" % number) for number in range(20)))
        assert [reply for reply, _ in replies] == [b"%d" % number for number in range(20)]
        assert most <= 3
        assert (
            await code(asyncio.gather(*(call(peer, timeout=0.05) for _ in range(20)))) is StatusCode.DEADLINE_EXCEEDED
        )


async def test_metadata_goes_and_comes_back():
    async with serving(echo) as (port, _), connected(port) as peer:
        for said in ("short", "x" * 3000):
            _, trailing = await call(peer, metadata=(("say", said), ("authorization", "Bearer " + said)))
            assert dict(trailing)["said"] == said


async def test_headers_larger_than_a_frame_are_continued():
    async with serving(echo, options=[("grpc.max_metadata_size", 1 << 20)]) as (port, _), connected(port) as peer:
        _, trailing = await call(peer, metadata=(("say", "y"), ("filling", "x" * 40_000)))
        assert dict(trailing)["said"] == "y"


async def test_a_refusal_keeps_its_code_text_and_details():
    async def refuse(_, context):
        await context.abort(
            StatusCode.ABORTED, "版本 100% 不一致", (("grpc-status-details-bin", bytes(range(256)) * 20),)
        )

    async with serving(refuse) as (port, _), connected(port) as peer:
        with pytest.raises(AioRpcError) as failed:
            await call(peer)
        assert failed.value.code() is StatusCode.ABORTED
        assert failed.value.details() == "版本 100% 不一致"
        assert dict(failed.value.trailing_metadata() or ())["grpc-status-details-bin"] == bytes(range(256)) * 20


async def test_an_unknown_method_is_unimplemented():
    async with serving(echo) as (port, _), connected(port) as peer:
        assert await code(peer("/test.Test/Other", b"", (), 5)) is StatusCode.UNIMPLEMENTED


async def test_a_reply_that_is_too_large_is_refused():
    async def large(*_):
        return bytes(LARGEST + 1)

    options = [("grpc.max_send_message_length", 8 << 20)]
    async with serving(large, options=options) as (port, _), connected(port) as peer:
        assert await code(call(peer)) is StatusCode.RESOURCE_EXHAUSTED


async def wait_for_cancelled(cancelled):
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        cancelled.set()
        raise


async def test_the_deadline_ends_the_call_on_both_sides():
    cancelled, left = asyncio.Event(), []

    async def sleep(_, context):
        left.append(context.time_remaining())
        await wait_for_cancelled(cancelled)

    async with serving(sleep) as (port, _), connected(port) as peer:
        assert await code(call(peer, timeout=0.3)) is StatusCode.DEADLINE_EXCEEDED
        await asyncio.wait_for(cancelled.wait(), 5)
        assert 0 < left[0] <= 0.31


async def test_a_cancelled_call_is_cancelled_at_the_peer():
    cancelled, begun = asyncio.Event(), asyncio.Event()

    async def sleep(*_):
        begun.set()
        await wait_for_cancelled(cancelled)

    async with serving(sleep) as (port, _), connected(port) as peer:
        running = asyncio.create_task(call(peer))
        await begun.wait()
        running.cancel()
        await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_peer_that_comes_back_is_called_again_soon():
    port = free_port()
    async with connected(port) as peer:
        assert await code(call(peer)) is StatusCode.UNAVAILABLE
        for _ in range(2):
            async with serving(echo, port):
                async with asyncio.timeout(5):
                    while True:
                        with contextlib.suppress(AioRpcError):
                            await call(peer)
                            break
                        await asyncio.sleep(0.02)
            assert await code(call(peer)) is StatusCode.UNAVAILABLE


async def test_a_peer_that_goes_lets_calls_in_hand_finish():
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(request, _):
        begun.set()
        await go_on.wait()
        return request

    async with serving(slow) as (port, server), connected(port) as peer:
        running = asyncio.create_task(call(peer, b"in hand"))
        await begun.wait()
        stopping = asyncio.create_task(server.stop(5))
        await asyncio.sleep(0.2)
        assert await code(call(peer)) is StatusCode.UNAVAILABLE
        go_on.set()
        assert (await running)[0] == b"in hand"
        await stopping


async def test_all_addresses_are_used_in_turn_and_one_that_dies_is_left_out(monkeypatch):
    served: dict[str, int] = {"127.0.0.1": 0, "127.0.0.2": 0}

    def counting(host):
        async def answer(request, _):
            served[host] += 1
            return request

        return answer

    port = free_port()

    async def both(*_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in served]

    monkeypatch.setattr(channel, "RESOLVE_SECONDS", 0.05)
    async with (
        serving(counting("127.0.0.1"), port),
        serving(counting("127.0.0.2"), port, host="127.0.0.2") as (_, second),
    ):
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", both, raising=False)
        async with connected(port, "twins.test") as peer:
            while not all(served.values()):
                await call(peer)
            served.update(dict.fromkeys(served, 0))
            for _ in range(10):
                await call(peer)
            assert served == {"127.0.0.1": 5, "127.0.0.2": 5}
            await second.stop(None)
            await asyncio.sleep(0.05)
            for _ in range(10):
                await call(peer)
            assert served == {"127.0.0.1": 15, "127.0.0.2": 5}


@asynccontextmanager
async def raw(behave):
    server = await asyncio.start_server(behave, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_a_peer_that_says_nothing_is_not_waited_for(monkeypatch):
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    monkeypatch.setattr(channel, "CONNECT_SECONDS", 0.2)
    async with raw(silent) as port, connected(port) as peer:
        assert await code(call(peer)) is StatusCode.UNAVAILABLE


async def test_a_peer_that_speaks_something_else_is_out_of_reach(monkeypatch):
    async def http1(reader, writer):
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nwhat is this? " * 9)
        await writer.drain()
        writer.close()

    monkeypatch.setattr(channel, "CONNECT_SECONDS", 0.2)
    async with raw(http1) as port, connected(port) as peer:
        assert await code(call(peer)) is StatusCode.UNAVAILABLE


async def test_a_peer_that_froze_is_dropped(monkeypatch):
    gone = asyncio.Event()

    async def frozen(reader, writer):
        writer.write(bytes.fromhex("000000040000000000"))  # empty SETTINGS, then nothing ever again
        await writer.drain()
        while await reader.read(65536):
            pass
        gone.set()
        writer.close()

    monkeypatch.setattr(calls, "PROBE_SECONDS", 0.1)
    async with raw(frozen) as port, connected(port) as peer:
        assert await code(call(peer, timeout=0.1)) is StatusCode.DEADLINE_EXCEEDED
        await asyncio.wait_for(gone.wait(), 5)


async def test_replies_are_understood_however_the_network_cuts_them():
    async with serving(echo) as (port, _):

        async def dribble(reader, writer):
            there, back = await asyncio.open_connection("127.0.0.1", port)

            async def carry(source, target, most):
                while data := await source.read(65536):
                    for at in range(0, len(data), most):
                        target.write(data[at : at + most])
                        await target.drain()
                        await asyncio.sleep(0)
                target.close()

            await asyncio.gather(carry(reader, back, 65536), carry(there, writer, 7), return_exceptions=True)

        async with raw(dribble) as dribbling, connected(dribbling) as peer:
            replies = await asyncio.gather(*(call(peer, bytes([number]) * 3000) for number in range(10)))
            assert [reply for reply, _ in replies] == [bytes([number]) * 3000 for number in range(10)]
