"""Calls from one of our processes to another: as the same principal, within the same deadline, in the same trace."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc
import orjson
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from services.kit import telemetry
from services.kit.database import Tx
from services.kit.errors import Expired, Unavailable

RESERVE_S = 0.2
DEFAULT_S = 5.0
TURNED_AWAY_S = (0.02, 0.05, 0.1)
"""How long a call that was turned away waits before it is sent again."""
OPTIONS = [
    (
        "grpc.service_config",
        orjson.dumps({"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}).decode(),
    ),
    ("grpc.initial_reconnect_backoff_ms", 20),
    # How long an attempt to connect may take: a peer under load answers late, and calls that wait would fail.
    ("grpc.min_reconnect_backoff_ms", 2000),
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.dns_min_time_between_resolutions_ms", 5000),
    ("grpc.keepalive_time_ms", 20000),
    ("grpc.keepalive_timeout_ms", 5000),
    ("grpc.http2.ping_timeout_ms", 5000),
    ("grpc.max_receive_message_length", 4 << 20),
    ("grpc.max_send_message_length", 4 << 20),
]


def channel(target: str) -> grpc.aio.Channel:
    """A channel to host:port; a peer that is down now is connected to when it comes."""
    return grpc.aio.insecure_channel(target, options=OPTIONS)


T = TypeVar("T")


async def begun(send: Callable[[], Awaitable[T]]) -> T:
    """The outcome of `send`, which is called again while the peer, about to stop, turns the call away.

    A call that reaches gRPC's server after it began to stop, and before its callers know, is given to no handler: the
    server says CANCELLED of it. Calls in hand are finished (`runtime.GRACE_S` is longer than any deadline), so that
    what is sent again has not begun, be it a command or not. A cancellation of our own is no AioRpcError.
    """
    for pause in TURNED_AWAY_S:
        try:
            return await send()
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.CANCELLED:
                raise
        await asyncio.sleep(pause)
    return await send()


class Peer:
    """One service of another process."""

    def __init__(self, connection: grpc.aio.Channel, descriptor: ServiceDescriptor, caller: str = "") -> None:
        self._caller = caller
        self._calls: dict[str, Any] = {}
        for method in descriptor.methods:
            self._calls[method.name] = connection.unary_unary(
                f"/{descriptor.full_name}/{method.name}",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=GetMessageClass(method.output_type).FromString,
            )

    async def call(self, tx: Tx, method: str, request: Any, key: str = "") -> Any:
        """Call it for the transaction's principal. A command needs a `key` that every retry of the step repeats.

        A refusal of the peer passes through as it is. Refused: UNAVAILABLE if the peer is out of reach.
        """
        metadata = [("authorization", f"Bearer {tx.token}"), ("caller", self._caller)]
        if key:
            metadata.append(("idempotency-key", key))
        if trace := telemetry.traceparent():
            metadata.append(("traceparent", trace))
        deadline = time.monotonic() + DEFAULT_S if tx.deadline is None else tx.deadline - RESERVE_S

        async def send() -> Any:
            if (timeout := deadline - time.monotonic()) <= 0:
                raise Expired
            return await self._calls[method](request, timeout=timeout, metadata=metadata)

        try:
            return await begun(send)
        except grpc.aio.AioRpcError as error:
            if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                raise Unavailable from error
            raise
        except grpc.aio.UsageError as error:  # the channel is closed: this process ends
            raise Unavailable from error
