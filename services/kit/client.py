"""Calls from one of our processes to another: as the same principal, within the same deadline, in the same trace."""

import time
from typing import Any

import grpc
import orjson
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from services.kit import telemetry
from services.kit.database import Tx
from services.kit.errors import Expired, Unavailable

RESERVE_S = 0.2
DEFAULT_S = 5.0
OPTIONS = [
    (
        "grpc.service_config",
        orjson.dumps({"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}).decode(),
    ),
    ("grpc.initial_reconnect_backoff_ms", 100),
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
        timeout = DEFAULT_S if tx.deadline is None else tx.deadline - time.monotonic() - RESERVE_S
        if timeout <= 0:
            raise Expired
        try:
            return await self._calls[method](request, timeout=timeout, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                raise Unavailable from error
            raise
