"""The services behind the gateway: calls of bytes, and whether they are ready."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from grpc import ChannelConnectivity
from grpc.aio import AioRpcError
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.kit import client
from services.kit.errors import Problem
from services.kit.gather import Gatherer
from services.kit.rpc import IN_JSON, REPLAYED, Service
from services.kit.status import json_path

Metadata = Sequence[tuple[str, str]]
Trailing = Sequence[tuple[str, str | bytes]]
RETRY_S = 0.01
"""From one question to a peer that is missing to the next."""
LOOK_S = 1.0
"""How long a peer may take to take a connection."""
SERVING = health_pb2.HealthCheckResponse.SERVING


class Invoke(Protocol):
    """Calls a method by its gRPC path with a message's bytes; answers with bytes and trailing metadata.

    It raises grpc.aio.AioRpcError, or one of kit's problems where the service runs in this process.
    """

    async def __call__(self, method: str, request: bytes, metadata: Metadata, timeout: float) -> tuple[bytes, Trailing]:
        """`timeout` in seconds."""


class GrpcPeer(Gatherer):
    """A service in another process, at host:port."""

    def __init__(self, target: str) -> None:
        channel = client.channel(target)
        super().__init__(channel)
        self._target = target
        self._health: Any = health_pb2_grpc.HealthStub(channel)

    @property
    def state(self) -> ChannelConnectivity:
        """How far gRPC has come with the connection."""
        return self._channel.get_state()

    async def ready(self) -> bool:
        """Whether the service says that it serves.

        One that takes no connections yet is not asked: gRPC, once it has failed to connect, waits before it tries
        again, and longer each time, so that who begins last would be found late.
        """
        if self.state is not ChannelConnectivity.READY and not await _listens(self._target):
            return False
        try:
            answer = await self._health.Check(health_pb2.HealthCheckRequest(), timeout=1.0)
        except AioRpcError:
            return False
        return bool(answer.status == SERVING)


class Told(Problem):
    """A refusal of a service in this process; its fields go by their names in JSON, as they would from a wire."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        super().__init__(**problem.facts)
        self.code, self.reason = problem.code, problem.reason  # type: ignore[misc] # of this refusal, not of the class

    def message(self, language: str = "en") -> str:
        """As the service said it."""
        return self._problem.message(language)

    def violations(self, language: str = "en") -> list[tuple[str, str]]:
        """As the service said it."""
        return [(json_path(field), text) for field, text in self._problem.violations(language)]


class LocalPeer:
    """Services of this process, such as identity: the same calls without a wire."""

    def __init__(self, *services: Service) -> None:
        self._services = {service.name: service for service in services}

    async def __call__(self, method: str, request: bytes, metadata: Metadata, timeout: float) -> tuple[bytes, Trailing]:
        """As Invoke says."""
        _, service, name = method.split("/")
        try:
            reply = await self._services[service].invoke(name, request, dict(metadata), timeout)
        except Problem as problem:
            raise (Told(problem) if problem.violations() else problem) from None
        if reply.in_json:
            return reply.body, (IN_JSON,)
        return reply.body, (REPLAYED,) if reply.replayed else ()


class Readiness:
    """Which peers are not ready: all are asked at most once a second, those that are missing every RETRY_S."""

    def __init__(self, peers: Mapping[str, GrpcPeer]) -> None:
        self._peers = peers
        self._until = 0.0
        self._missing = list(peers)
        self._asking = asyncio.Lock()

    async def missing(self) -> list[str]:
        """The names of the peers that do not serve."""
        async with self._asking:
            if time.monotonic() >= self._until:
                asked = self._missing or list(self._peers)
                self._missing = await self._unready(asked)
                if not self._missing and len(asked) < len(self._peers):
                    self._missing = await self._unready(self._peers)
                self._until = time.monotonic() + (RETRY_S if self._missing else 1.0)
        return self._missing

    async def _unready(self, names: Iterable[str]) -> list[str]:
        asked = list(names)
        found = await asyncio.gather(*(self._peers[name].ready() for name in asked))
        return [name for name, ready in zip(asked, found, strict=True) if not ready]


async def _listens(target: str) -> bool:
    host, _, port = target.rpartition(":")
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(LOOK_S):
            _, writer = await asyncio.open_connection(host, int(port))
        writer.close()
        return True
    return False
