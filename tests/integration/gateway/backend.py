"""A gRPC server that speaks the real contract and answers what a test tells it to."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import grpc
from dealtrail.leads.v1 import accounts_pb2, discard_reasons_pb2, leads_pb2
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.kit.rpc import Reply
from services.kit.runtime import SERVER_OPTIONS
from services.kit.serving import Calls, handlers

SERVICES = [
    service
    for file in (leads_pb2, accounts_pb2, discard_reasons_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
]


class Backend:
    """Answers each method by the function that stands under its name, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.requests: list[tuple[str, Any, dict[str, str]]] = []
        self.deadlines: list[float | None] = []
        self.replays = False
        self.port = 0

    def reset(self) -> None:
        """Forget what earlier tests said and asked."""
        self.answers.clear()
        self.requests.clear()
        self.deadlines.clear()
        self.replays = False

    async def start(self) -> None:
        """Serve on a free port."""
        self._server = grpc.aio.server(options=SERVER_OPTIONS)
        spoken: Any = [Spoken(self, service) for service in SERVICES]
        self._server.add_generic_rpc_handlers(handlers(Calls(spoken)))
        self.health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        await self.health.set("", health_pb2.HealthCheckResponse.SERVING)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()

    async def stop(self) -> None:
        """End."""
        await self._server.stop(None)

    @property
    def last(self) -> Any:
        """The request that came last."""
        return self.requests[-1][1]

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata that came with it."""
        return self.requests[-1][2]


class Spoken:
    """One service of the backend, as kit serves it."""

    def __init__(self, backend: Backend, descriptor: Any) -> None:
        self.name = descriptor.full_name
        self.methods = {
            method.name: SimpleNamespace(path=f"/{self.name}/{method.name}") for method in descriptor.methods
        }
        self._backend = backend
        self._types = {
            method.name: (GetMessageClass(method.input_type), GetMessageClass(method.output_type))
            for method in descriptor.methods
        }

    async def invoke(self, name: str, body: bytes, metadata: Mapping[str, str], remaining: float | None) -> Reply:
        """What the test said that the method answers."""
        kind, reply = self._types[name]
        request: Any = kind.FromString(body)
        self._backend.requests.append((name, request, dict(metadata)))
        self._backend.deadlines.append(remaining)
        said = self._backend.answers.get(name, reply())
        answer = said(request) if callable(said) else said
        if asyncio.iscoroutine(answer):
            answer = await answer
        return Reply(answer.SerializeToString(), replayed=self._backend.replays)
