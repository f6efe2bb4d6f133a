"""Calls to one peer: those that wait at the same moment travel in one request.

A unary call costs about 280 microseconds of processor time on both sides together, most of it per request and not per
byte. While few calls are made each travels alone and at once; while many are, they share that cost: of sixteen callers
about six travel together, and a call then costs both sides a third of what it costs alone. One beside which there is no
other is made by its caller itself: to hand it to a task and back takes rounds of the loop.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dealtrail.type.v1 import calls_pb2
from grpc import StatusCode
from grpc.aio import EOF, AioRpcError, Channel, Metadata, UsageError

from services.kit.client import begun
from services.kit.rpc import IN_JSON, REPLAYED
from services.kit.serving import CODES, MANY, portions
from services.kit.status import DETAILS

Trailing = tuple[tuple[str, str | bytes], ...]

FEW = 2
"""Calls without an answer beside which a further one goes at once; beside more it waits for company."""
HOLD_S = 0.00006
"""For so long it waits at most, for each call without an answer: the busier the peer, the more may come along."""
LONGEST_HOLD_S = 0.001


class _Call:
    """A call and who waits for its outcome."""

    __slots__ = ("deadline", "message", "outcome")

    def __init__(self, message: calls_pb2.Call, deadline: float, outcome: "asyncio.Future[Any]") -> None:
        self.message = message
        self.deadline = deadline
        self.outcome = outcome


class Gatherer:
    """Calls methods of one peer by their path, with serialised messages. Made inside the loop that it lives in."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._many: Any = channel.unary_stream(
            f"/{MANY.full_name}/CallMany",
            request_serializer=calls_pb2.CallManyRequest.SerializeToString,
            response_deserializer=calls_pb2.CallManyResponse.FromString,
        )
        self._methods: dict[str, Any] = {}
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Call] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._callers = 0
        self._departure: asyncio.Handle | None = None

    async def __call__(
        self, method: str, request: bytes, metadata: Sequence[tuple[str, str]], timeout: float
    ) -> tuple[bytes, Trailing]:
        """The serialised reply and the trailing metadata. `timeout` in seconds. Raises AioRpcError."""
        deadline = self._loop.time() + timeout
        if not self._callers:
            return await self._alone(method, request, metadata, deadline)
        message = calls_pb2.Call(method=method, request=request, metadata=dict(metadata))
        call = _Call(message, deadline, self._loop.create_future())
        if self._departure is None:
            hold = min(self._callers * HOLD_S, LONGEST_HOLD_S) if self._callers >= FEW else 0
            self._departure = self._loop.call_later(hold, self._depart)
        self._waiting.append(call)
        self._callers += 1
        # A timer of its own and not asyncio.timeout, which costs as much again as all the rest of this.
        timer = self._loop.call_at(deadline, _expire, call.outcome)
        try:
            return _result(await call.outcome)
        finally:
            timer.cancel()
            self._callers -= 1

    async def _alone(
        self, method: str, request: bytes, metadata: Sequence[tuple[str, str]], deadline: float
    ) -> tuple[bytes, Trailing]:
        """Beside no other call: in the caller's own task, as it cannot wait for company."""
        self._callers += 1
        try:
            return await begun(lambda: self._unary(method, request, metadata, deadline))
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            raise _failure(StatusCode.CANCELLED, "the channel was closed") from None
        except UsageError:  # of a channel that was closed before it went
            raise _failure(StatusCode.UNAVAILABLE, "the channel is closed") from None
        finally:
            self._callers -= 1
            self._arrived()

    async def close(self) -> None:
        """Hang up; calls under way fail."""
        await self._channel.close()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _depart(self) -> None:
        """Let the waiting calls go."""
        self._departure = None
        calls = [call for call in self._waiting if not call.outcome.done()]
        self._waiting.clear()
        for part in portions(calls, lambda call: len(call.message.request)):
            task = self._loop.create_task(self._carry(part))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    def _arrived(self) -> None:
        """An answer is here: where hardly any other is awaited, those that wait need not wait longer."""
        if self._departure is not None:
            self._loop.call_soon(self._go_on)  # when those who were answered are gone

    def _go_on(self) -> None:
        if self._departure is not None and self._callers - len(self._waiting) < FEW:
            self._departure.cancel()
            self._depart()

    async def _carry(self, calls: list[_Call]) -> None:
        try:
            await begun(lambda: self._carry_alone(calls[0]) if len(calls) == 1 else self._carry_many(calls))
        except asyncio.CancelledError:
            _lose(calls, _failure(StatusCode.CANCELLED, "the channel was closed"))
        except UsageError:  # of a channel that was closed before they went
            _lose(calls, _failure(StatusCode.UNAVAILABLE, "the channel is closed"))
        except Exception as error:  # whatever it is, somebody waits to hear of it
            _lose(calls, error)
        self._arrived()

    async def _carry_alone(self, call: _Call) -> None:
        message = call.message
        reply, trailing = await self._unary(message.method, message.request, message.metadata.items(), call.deadline)
        if not call.outcome.done():
            told = calls_pb2.Outcome(reply=reply, replayed=REPLAYED in trailing, in_json=IN_JSON in trailing)
            call.outcome.set_result(told)

    async def _unary(
        self, method: str, request: bytes, metadata: Iterable[tuple[str, str]], deadline: float
    ) -> tuple[bytes, Trailing]:
        if (invoke := self._methods.get(method)) is None:
            invoke = self._methods[method] = self._channel.unary_unary(method)
        under_way = invoke(request, metadata=_Sent(metadata), timeout=self._left(deadline))
        reply = await under_way
        return reply, tuple(await under_way.trailing_metadata())

    async def _carry_many(self, carried: list[_Call]) -> None:
        calls = [call for call in carried if not call.outcome.done()]
        for call in calls:
            call.message.timeout_ms = int(self._left(call.deadline) * 1000)
        request = calls_pb2.CallManyRequest(calls=[call.message for call in calls])
        longest = max((self._left(call.deadline) for call in calls), default=0)
        under_way, awaited = self._many(request, timeout=longest), len(calls)
        while awaited and (response := await under_way.read()) is not EOF:
            awaited -= len(response.outcomes)
            for outcome in response.outcomes:
                if not (waiting := calls[outcome.index].outcome).done():
                    waiting.set_result(outcome)
            self._arrived()
        # All are told. To wait for the status costs less than to ask for one more message, which will not come.
        await under_way.code()

    def _left(self, deadline: float) -> float:
        return max(deadline - self._loop.time(), 0.001)


class _Sent(Metadata):
    """Metadata that are sent as they are given; grpc's own would be taken apart by key and put together again."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = tuple(pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)


def _expire(outcome: "asyncio.Future[Any]") -> None:
    if not outcome.done():
        outcome.set_exception(_failure(StatusCode.DEADLINE_EXCEEDED, "no reply in time"))


def _lose(calls: list[_Call], error: Exception) -> None:
    for call in calls:
        if not call.outcome.done():
            call.outcome.set_exception(error)


def _result(outcome: calls_pb2.Outcome) -> tuple[bytes, Trailing]:
    if outcome.code:
        trailing = ((DETAILS, outcome.details),) if outcome.details else ()
        raise _failure(CODES[outcome.code], outcome.message, trailing)
    if outcome.in_json:
        return outcome.reply, (IN_JSON,)
    return outcome.reply, (REPLAYED,) if outcome.replayed else ()


def _failure(code: StatusCode, text: str, trailing: Trailing = ()) -> AioRpcError:
    return AioRpcError(code, Metadata(), Metadata(*trailing), text)
