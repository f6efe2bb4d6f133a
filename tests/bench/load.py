"""A cheap HTTP/1.1 client in a process of its own: keep-alive connections, one request in flight on each.

`python -m tests.bench.load` reads a plan as JSON from standard input and prints the outcome as JSON. The
client shares the machine with what it measures, so it parses no more of an answer than it must.
"""

import json
import select
import socket
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import count

PATIENCE_S = 30
"""For an answer."""
_arriving = memoryview(bytearray(1 << 18))
"""Where the kernel writes: memory taken for each answer would cost more than all else here."""


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


class _Connection:
    """Sends one request, takes its whole answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._buffer = b""
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._closing = False
        self.sent = 0.0

    def fileno(self) -> int:
        """Where the answer arrives."""
        return self._socket.fileno()

    def send(self, request: bytes) -> None:
        """Send it, on a new connection if the server hung up after its last answer."""
        self.sent = time.perf_counter()
        self._socket.sendall(request)

    def receive(self) -> int:
        """What has come: the status of the answer once it is whole, else 0."""
        if not (size := self._socket.recv_into(_arriving)):
            raise ConnectionResetError
        data = bytes(_arriving[:size])
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return 0
        head = self._buffer[: end + 2].lower()
        at = head.find(b"content-length:")
        if len(self._buffer) < end + 4 + int(head[at + 15 : head.find(b"\r", at)]):
            return 0
        status, self._buffer, self._closing = int(self._buffer[9:12]), b"", b"connection: close" in head
        return status

    def again(self) -> "_Connection":
        """The connection for the next request: another one if the server hangs up after this answer."""
        if not self._closing:
            return self
        self._socket.close()
        return _Connection(self._port)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


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


def carry_out(plan: Plan) -> Outcome:
    """Send for the plan's time. A loop of its own: asyncio's would take twice as long a request."""
    numbers, waits, statuses, request = count(), [], Counter[str](), _requests(plan)
    poll, under_way = select.epoll(), dict[int, _Connection]()
    free = [_Connection(plan.port) for _ in range(plan.connections)]
    for one in free:
        poll.register(one, select.EPOLLIN)
    began = time.perf_counter()
    end, number = began + plan.seconds, next(numbers)
    while (now := time.perf_counter()) < end or under_way:
        due = began + number / plan.rate if plan.rate else began
        while free and due <= now < end:
            one = free.pop()
            under_way[one.fileno()] = one
            one.send(request(number))
            number = next(numbers)
            due = began + number / plan.rate if plan.rate else began
        for at, _ in poll.poll(max(0.0, min(due, end) - now) if free and now < end else PATIENCE_S):
            if status := under_way[at].receive():
                one = under_way.pop(at)
                waits.append(time.perf_counter() - one.sent)
                statuses[str(status)] += 1
                free.append(again := one.again())
                if again is not one:
                    poll.register(again, select.EPOLLIN)
    taken = time.perf_counter() - began
    for one in free:
        one.close()
    waits.sort()
    n = len(waits)
    return Outcome(n / taken, waits[n // 2] * 1e3, waits[int(n * 0.99)] * 1e3, dict(statuses))


def main() -> None:
    """Carry out the plan on standard input."""
    plan = Plan(**json.load(sys.stdin))
    print(json.dumps(asdict(carry_out(plan))))


if __name__ == "__main__":
    main()
