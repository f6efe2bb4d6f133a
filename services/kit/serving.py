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
from services.kit.rpc import IN_JSON, REPLAYED, MalformedMessage, Service
from services.kit.status import DETAILS, to_details

log = logging.getLogger(__name__)

MANY = calls_pb2.DESCRIPTOR.services_by_name["CallsService"]
CODES = {code.value[0]: code for code in grpc.StatusCode}
AT_ONCE = 512
"""Calls that a process answers at the same time; as many as the gateway answers requests."""
SETTLE_S = 0.0005
"""For so long the outcome of a call among several waits for others to be told with it."""
LARGEST = 128
"""Calls in one request."""
FULL_BYTES = 1 << 20
"""A message that holds so much is sent as it is: gRPC refuses one of more than 4 MiB."""


class Calls:
    """The calls of one process: how many are being answered now, and what a call more is told."""

    def __init__(self, services: Iterable[Service], most: int = AT_ONCE) -> None:
        self.known = {service.name: service for service in services}
        self.under_way = 0
        self._most = most
        self._seconds: dict[tuple[str, str], Any] = {}

    async def answer(
        self, service: Service, name: str, body: bytes, metadata: Mapping[str, str], remaining: float | None
    ) -> calls_pb2.Outcome:
        """What becomes of one call; it never raises but for a cancellation."""
        if self.under_way >= self._most:
            return _failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many calls at the same time")
        path = service.methods[name].path
        started = time.perf_counter()
        code, exemplar = "OK", None
        self.under_way += 1
        try:
            with telemetry.hop(path, metadata.get("traceparent")) as exemplar:
                reply = await _sheltered(service, name, body, metadata, remaining)
            return calls_pb2.Outcome(reply=reply.body, replayed=reply.replayed, in_json=reply.in_json)
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
            return _failure(grpc.StatusCode.INTERNAL, str(fault))
        finally:
            self.under_way -= 1
            self._observe(path, code, time.perf_counter() - started, exemplar)

    async def routed(self, call: calls_pb2.Call) -> calls_pb2.Outcome:
        """What becomes of one call among several."""
        name, _, method = call.method.removeprefix("/").partition("/")
        service = self.known.get(name)
        if service is None or method not in service.methods:
            return _failure(grpc.StatusCode.UNIMPLEMENTED, "Method not found!")
        remaining = call.timeout_ms / 1000
        end = _End(asyncio.current_task())
        # A timer of its own and not asyncio.timeout, which costs a sixteenth of a whole read.
        timer = asyncio.get_running_loop().call_later(remaining, end.come)
        try:
            return await self.answer(service, method, call.request, call.metadata, remaining)
        except asyncio.CancelledError:
            if end.came_alone():
                return _refusal(Expired())
            raise
        finally:
            timer.cancel()

    def _observe(self, path: str, code: str, seconds: float, exemplar: dict[str, str] | None) -> None:
        histogram = self._seconds.get((path, code))
        if histogram is None:
            histogram = self._seconds[path, code] = telemetry.RPC_SECONDS.labels(path, code)
        histogram.observe(seconds, exemplar)


class _End:
    """The end of the time that a task has."""

    __slots__ = ("_came", "_task")

    def __init__(self, task: "asyncio.Task[Any] | None") -> None:
        assert task is not None
        self._task = task
        self._came = False

    def come(self) -> None:
        self._came = True
        self._task.cancel()

    def came_alone(self) -> bool:
        """Whether it is this for which the task was cancelled, and nobody else wants it to end."""
        return self._came and not self._task.uncancel()


def handlers(calls: Calls) -> tuple[grpc.GenericRpcHandler, ...]:
    """The services for a gRPC server. Bytes go through untouched: messages are parsed by us, where errors are ours."""
    return (
        *(grpc.method_handlers_generic_handler(name, _alone(calls, one)) for name, one in calls.known.items()),
        grpc.method_handlers_generic_handler(MANY.full_name, {"CallMany": _together(calls)}),
    )


def _alone(calls: Calls, service: Service) -> dict[str, Any]:
    def serving(name: str) -> Any:
        async def serve(body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
            outcome = await calls.answer(service, name, body, metadata, context.time_remaining())
            if outcome.code:
                trailing = ((DETAILS, outcome.details),) if outcome.details else ()
                await context.abort(CODES[outcome.code], outcome.message, trailing)
            if outcome.in_json:
                context.set_trailing_metadata((IN_JSON,))
            elif outcome.replayed:
                context.set_trailing_metadata((REPLAYED,))
            return outcome.reply

        return grpc.unary_unary_rpc_method_handler(serve)

    return {name: serving(name) for name in service.methods}


def _together(calls: Calls) -> Any:
    async def serve(body: bytes, context: Any) -> AsyncIterator[bytes]:
        if (asked := _calls(body)) is None:
            problem = MalformedMessage()
            await context.abort(problem.code, problem.message(), ((DETAILS, to_details(problem)),))
            return
        outcomes = _Outcomes(len(asked))

        async def carry_out(index: int, call: calls_pb2.Call) -> None:
            outcomes.add(index, await calls.routed(call))

        async with asyncio.TaskGroup() as group:
            for index, call in enumerate(asked):
                group.create_task(carry_out(index, call))
            async for part in outcomes:
                yield calls_pb2.CallManyResponse(outcomes=part).SerializeToString()

    return grpc.unary_stream_rpc_method_handler(serve)


class _Outcomes:
    """The outcomes of one request's calls, in messages: a message costs more than most calls, so few are sent."""

    def __init__(self, awaited: int) -> None:
        self._awaited = awaited
        self._done: list[calls_pb2.Outcome] = []
        self._due = asyncio.Event()

    def add(self, index: int, outcome: calls_pb2.Outcome) -> None:
        """A call is done. Those that end within SETTLE_S from now are told of together."""
        outcome.index = index
        self._done.append(outcome)
        self._awaited -= 1
        if not self._awaited:
            self._due.set()
        elif len(self._done) == 1:
            asyncio.get_running_loop().call_later(SETTLE_S, self._due.set)

    async def __aiter__(self) -> AsyncIterator[list[calls_pb2.Outcome]]:
        """What is to be sent in one message, until all are done."""
        while self._awaited or self._done:
            await self._due.wait()
            self._due.clear()
            ready, self._done = self._done, []
            for part in portions(ready, lambda outcome: len(outcome.reply)):
                yield part


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


def _failure(code: grpc.StatusCode, text: str) -> calls_pb2.Outcome:
    return calls_pb2.Outcome(code=code.value[0], message=text)
