"""A gRPC server that speaks the real contract and answers what a test tells it to."""

import asyncio
from typing import Any

import grpc
from dealtrail.leads.v1 import accounts_pb2, discard_reasons_pb2, leads_pb2
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.kit.errors import Problem
from services.kit.status import DETAILS, to_details

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
        self.trailing: tuple[tuple[str, str], ...] = ()
        self.port = 0

    def reset(self) -> None:
        """Forget what earlier tests said and asked."""
        self.answers.clear()
        self.requests.clear()
        self.deadlines.clear()
        self.trailing = ()

    async def start(self) -> None:
        """Serve on a free port."""
        self._server = grpc.aio.server()
        for service in SERVICES:
            methods = {method.name: self._handler(method) for method in service.methods}
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, methods),))
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

    def _handler(self, method: Any) -> Any:
        reply = GetMessageClass(method.output_type)

        async def serve(request: Any, context: Any) -> Any:
            self.requests.append((method.name, request, dict(context.invocation_metadata())))
            self.deadlines.append(context.time_remaining())
            context.set_trailing_metadata(self.trailing)
            said = self.answers.get(method.name, reply())
            try:
                answer = said(request) if callable(said) else said
                return await answer if asyncio.iscoroutine(answer) else answer
            except Problem as problem:
                await context.abort(problem.code, problem.message(), ((DETAILS, to_details(problem)),))

        return grpc.unary_unary_rpc_method_handler(
            serve,
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=reply.SerializeToString,
        )
