"""A cheap HTTP/1.1 client in a process of its own: keep-alive connections, one request in flight on each.

`python -m tests.bench.load` reads a plan as JSON from standard input and prints the outcome as JSON. The
client shares the machine with what it measures, so it parses no more of an answer than it must.
"""

import asyncio
import json
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

import uvloop


@dataclass
class Plan:
    """What to send. `{n}` in path and body counts requests; `{key}` is a fresh UUID, `{name}` a fresh company's."""

    port: int
    method: str
    path: str
    seconds: float
    connections: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    """Paths to take in turn, instead of `path`."""
    rate: float = 0
    """Requests a second offered, spread evenly; 0 sends as fast as answers come."""


@dataclass
class Outcome:
    """What came back."""

    per_second: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int]


class _Connection(asyncio.Protocol):
    """Sends one request, waits for its whole answer."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[: end + 2].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 : head.find(b"\r", at)])
        if len(self._buffer) >= end + 4 + length and self._answer is not None:
            if b"connection: close" in head:
                self._transport.close()
            status, self._buffer = int(self._buffer[9:12]), b""
            self._answer.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError())

    async def send(self, request: bytes) -> int:
        """The status of the answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    @property
    def closed(self) -> bool:
        """Whether the server hung up after its last answer."""
        return bool(self._transport.is_closing())

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


def _requests(plan: Plan) -> Callable[[int], bytes]:
    """The n-th request, made ahead where there is nothing in it to count."""
    if "{" in plan.path + plan.body + "".join(plan.headers.values()):
        return lambda number: _request(plan, number)
    made = [_request(plan, number) for number in range(len(plan.paths) or 1)]
    return lambda number: made[number % len(made)]


def _request(plan: Plan, number: int) -> bytes:
    path = plan.paths[number % len(plan.paths)] if plan.paths else plan.path.replace("{n}", str(number))
    key = uuid.uuid4().hex
    body = plan.body.replace("{n}", str(number)).replace("{key}", key).replace("{name}", _name(key)).encode()
    headers = "".join(f"{name}: {value.replace('{key}', key)}\r\n" for name, value in plan.headers.items())
    head = f"{plan.method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _name(key: str) -> str:
    """Three characters that no other company has: of one name all leads would stand in each other's way."""
    return "".join(chr(0x4E00 + int(key[at : at + 3], 16)) for at in (0, 3, 6))


async def carry_out(plan: Plan) -> Outcome:
    """Send for the plan's time."""
    loop = asyncio.get_running_loop()
    numbers, waits, statuses, request = count(), [], Counter[str](), _requests(plan)
    began = time.perf_counter()
    end = began + plan.seconds

    async def one() -> None:
        _, connection = await loop.create_connection(_Connection, "127.0.0.1", plan.port)
        while (now := time.perf_counter()) < end:
            number = next(numbers)
            if plan.rate and (wait := began + number / plan.rate - now) > 0:
                await asyncio.sleep(wait)
            if connection.closed:
                _, connection = await loop.create_connection(_Connection, "127.0.0.1", plan.port)
            sent = time.perf_counter()
            status = await connection.send(request(number))
            waits.append(time.perf_counter() - sent)
            statuses[str(status)] += 1
        connection.close()

    await asyncio.gather(*(one() for _ in range(plan.connections)))
    taken = time.perf_counter() - began
    waits.sort()
    n = len(waits)
    return Outcome(n / taken, waits[n // 2] * 1e3, waits[int(n * 0.99)] * 1e3, dict(statuses))


def main() -> None:
    """Carry out the plan on standard input."""
    plan = Plan(**json.load(sys.stdin))
    print(json.dumps(asdict(uvloop.run(carry_out(plan)))))


if __name__ == "__main__":
    main()
