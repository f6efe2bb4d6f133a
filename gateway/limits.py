"""How much one caller and all callers together may ask for, and how large and slow a request may be."""

import asyncio
import math
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from gateway.refusals import BodyTooLarge, BodyTooSlow, HeaderRepeated, HeadersTooLarge, Overloaded, RateExceeded

Receive = Any
SINGLE = (b"authorization", b"idempotency-key", b"if-match", b"content-type", b"content-length", b"host")


@dataclass(frozen=True)
class Limits:
    """The bounds of a gateway."""

    body_bytes: int = 1 << 20
    """The largest body of a route that names no limit of its own."""
    header_bytes: int = 16 << 10
    """All headers of a request together."""
    body_seconds: float = 8.0
    """How long a body may take to arrive."""
    call_seconds: float = 8.0
    """How long a service may take to answer; it travels as the deadline."""
    in_flight: int = 512
    """Requests that are served at the same time; more would only wait longer."""
    rate: float = 500.0
    """Requests a second that one caller may make for long."""
    burst: float = 2000.0
    """Requests that one caller may make at once."""
    failure_rate: float = 1.0
    """Wrong passwords and tokens a second that may come from one address for long."""
    failure_burst: float = 300.0
    """Wrong passwords and tokens that may come from one address at once."""
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Where our own proxies stand: they say from which address a request comes."""


class Rate:
    """A token bucket for each caller."""

    def __init__(self, rate: float, burst: float, remember: int = 10_000) -> None:
        self._rate = rate
        self._burst = burst
        self._remember = remember
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, caller: Hashable) -> None:
        """Count one request. Refused: RATE_EXCEEDED with the seconds to wait."""
        now = time.monotonic()
        left = self._left(caller, now)
        if len(self._buckets) >= self._remember:
            self._forget(now)
        self._buckets[caller] = (left - 1, now)

    def must_be_left(self, caller: Hashable) -> None:
        """Whether one more may come, without counting it. Refused as `take` does."""
        self._left(caller, time.monotonic())

    def _left(self, caller: Hashable, now: float) -> float:
        left, since = self._buckets.get(caller, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        if left < 1:
            raise RateExceeded(retry_after=math.ceil((1 - left) / self._rate))
        return left

    def _forget(self, now: float) -> None:
        """Drop the callers whose bucket is full again: they are as good as new."""
        full = [who for who, (left, since) in self._buckets.items() if left + (now - since) * self._rate >= self._burst]
        for caller in full or list(self._buckets)[: self._remember // 2]:
            del self._buckets[caller]


class Places:
    """The requests in flight."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._free = bound

    @property
    def taken(self) -> int:
        """How many there are now."""
        return self._bound - self._free

    def __enter__(self) -> None:
        if self._free <= 0:
            raise Overloaded(retry_after=1)
        self._free -= 1

    def __exit__(self, *error: object) -> None:
        self._free += 1


def headers_of(pairs: list[tuple[bytes, bytes]], limit: int) -> dict[bytes, bytes]:
    """The headers by name. Refused: HEADERS_TOO_LARGE; HEADER_REPEATED where two values could contradict each other."""
    headers = dict(pairs)
    if sum(map(len, headers)) + sum(map(len, headers.values())) > limit:
        raise HeadersTooLarge(limit=limit)
    if len(headers) != len(pairs):
        names = [name for name, _ in pairs]
        for name in SINGLE:
            if names.count(name) > 1:
                raise HeaderRepeated(name=name.decode())
    return headers


async def read(receive: Receive, headers: Mapping[bytes, bytes], limit: int, seconds: float) -> bytes:
    """The whole body. Refused: BODY_TOO_LARGE, BODY_TOO_SLOW."""
    length = headers.get(b"content-length")
    if length is None and b"transfer-encoding" not in headers:
        return b""
    if length is not None and int(length) > limit:
        raise BodyTooLarge(limit=limit)
    try:
        async with asyncio.timeout(seconds):
            return await _gather(receive, limit)
    except TimeoutError:
        raise BodyTooSlow(seconds=seconds) from None


async def _gather(receive: Receive, limit: int) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        parts, size = [body], len(body)
        while message.get("more_body") and size <= limit:
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        body = b"".join(parts)
    if len(body) > limit:
        raise BodyTooLarge(limit=limit)
    if message["type"] == "http.disconnect":
        raise Disconnected
    return body


CLOSED = 499
"""What is counted when the caller went away before the request was complete."""


class Disconnected(Exception):
    """The caller went away before the request was complete."""
