"""Services on a gRPC server: call by call, or several calls in one request (proto/dealtrail/type/v1/calls.proto)."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import grpc
from dealtrail.type.v1 import calls_pb2
from google.protobuf.message import DecodeError

from services.kit import telemetry
from services.kit.errors import Expired, Problem
from services.kit.rpc import REPLAYED, MalformedMessage, Service
from services.kit.status import DETAILS, to_details

log = logging.getLogger(__name__)

MANY = calls_pb2.DESCRIPTOR.services_by_name["CallsService"]
CODES = {code.value[0]: code for code in grpc.StatusCode}
LARGEST = 128
"""Calls in one request."""
FULL_BYTES = 1 << 20
"""A message that holds so much is sent as it is: gRPC refuses one of more than 4 MiB."""


def handlers(services: Iterable[Service]) -> tuple[grpc.GenericRpcHandler, ...]:
    """The services for a gRPC server. Bytes go through untouched: messages are parsed by us, where errors are ours."""
    known = {service.name: service for service in services}
    return (
        *(grpc.method_handlers_generic_handler(name, _alone(service)) for name, service in known.items()),
        grpc.method_handlers_generic_handler(MANY.full_name, {"CallMany": _together(known)}),
    )


def _alone(service: Service) -> dict[str, Any]:
    def serving(name: str) -> Any:
        async def serve(body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
            outcome = await _answer(service, name, body, metadata, context.time_remaining())
            if outcome.code:
                trailing = ((DETAILS, outcome.details),) if outcome.details else ()
                await context.abort(CODES[outcome.code], outcome.message, trailing)
            if outcome.replayed:
                context.set_trailing_metadata((REPLAYED,))
            return outcome.reply

        return grpc.unary_unary_rpc_method_handler(serve)

    return {name: serving(name) for name in service.methods}


def _together(known: Mapping[str, Service]) -> Any:
    async def serve(body: bytes, context: Any) -> AsyncIterator[bytes]:
        done: list[calls_pb2.Outcome] = []
        some = asyncio.Event()

        async def carry_out(index: int, call: calls_pb2.Call) -> None:
            outcome = await _routed(known, call)
            outcome.index = index
            done.append(outcome)
            some.set()

        if (calls := _calls(body)) is None:
            problem = MalformedMessage()
            await context.abort(problem.code, problem.message(), ((DETAILS, to_details(problem)),))
            return
        async with asyncio.TaskGroup() as group:
            for index, call in enumerate(calls):
                group.create_task(carry_out(index, call))
            told = 0
            while told < len(calls):
                await some.wait()
                some.clear()
                ready, done[:] = done[:], []
                told += len(ready)
                for part in portions(ready, lambda outcome: len(outcome.reply)):
                    yield calls_pb2.CallManyResponse(outcomes=part).SerializeToString()

    return grpc.unary_stream_rpc_method_handler(serve)


def portions(found: list[Any], size: Callable[[Any], int]) -> Iterator[list[Any]]:
    """What is to be sent, in messages that gRPC takes."""
    part: list[Any] = []
    held = 0
    for one in found:
        if part and (held + size(one) > FULL_BYTES or len(part) == LARGEST):
            yield part
            part, held = [], 0
        part.append(one)
        held += size(one)
    if part:
        yield part


def _calls(body: bytes) -> Sequence[calls_pb2.Call] | None:
    try:
        calls = calls_pb2.CallManyRequest.FromString(body).calls
    except DecodeError:
        return None
    return calls if len(calls) <= LARGEST else None


async def _routed(known: Mapping[str, Service], call: calls_pb2.Call) -> calls_pb2.Outcome:
    service, _, name = call.method.removeprefix("/").partition("/")
    if service not in known or name not in known[service].methods:
        return calls_pb2.Outcome(code=grpc.StatusCode.UNIMPLEMENTED.value[0], message="Method not found!")
    remaining = call.timeout_ms / 1000
    try:
        async with asyncio.timeout(remaining):
            return await _answer(known[service], name, call.request, call.metadata, remaining)
    except TimeoutError:
        return _refusal(Expired())


async def _answer(
    service: Service, name: str, body: bytes, metadata: Mapping[str, str], remaining: float | None
) -> calls_pb2.Outcome:
    """What becomes of one call; it never raises but for a cancellation."""
    path = service.methods[name].path
    started = time.perf_counter()
    code, exemplar = "OK", None
    service.in_flight += 1
    try:
        with telemetry.hop(path, metadata.get("traceparent")) as exemplar:
            reply = await _sheltered(service, name, body, metadata, remaining)
        return calls_pb2.Outcome(reply=reply.body, replayed=reply.replayed)
    except Problem as problem:
        code = problem.code.name
        return _refusal(problem)
    except grpc.aio.AioRpcError as refused:
        # A peer's refusal is ours: it crosses with its reason and fields intact.
        code = refused.code().name
        details: Any = dict(refused.trailing_metadata() or ()).get(DETAILS, b"")
        return calls_pb2.Outcome(code=refused.code().value[0], message=refused.details() or "", details=details)
    except _Fault as fault:
        code = "INTERNAL"
        return calls_pb2.Outcome(code=grpc.StatusCode.INTERNAL.value[0], message=str(fault))
    finally:
        service.in_flight -= 1
        telemetry.RPC_SECONDS.labels(path, code).observe(time.perf_counter() - started, exemplar)


class _Fault(Exception):
    """A fault of ours, under the id by which it is found."""


async def _sheltered(service: Service, name: str, *call: Any) -> Any:
    try:
        return await service.invoke(name, *call)
    except (Problem, grpc.aio.AioRpcError):
        raise
    except Exception as error:
        log.exception("call failed", extra={"method": service.methods[name].path})
        raise _Fault(f"our fault; ask us about {telemetry.trace_id()}") from error


def _refusal(problem: Problem) -> calls_pb2.Outcome:
    return calls_pb2.Outcome(code=problem.code.value[0], message=problem.message(), details=to_details(problem))
