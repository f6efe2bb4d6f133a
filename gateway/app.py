"""The gateway's ASGI application: the contract's routes and probes first, everything else by FastAPI behind them."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from grpc.aio import AioRpcError

from gateway import contract, metrics
from gateway.leaving import Ledger, Uncounted
from gateway.limits import CLOSED, Disconnected, Limits, Places, Rate, headers_of
from gateway.peers import Invoke, Readiness
from gateway.probes import PATHS, Probes
from gateway.problems import fault_of, language, written
from gateway.refusals import MethodNotAllowed
from gateway.routes import Route, Table
from gateway.strangers import Strangers
from gateway.transcode import Answer, Authenticate, Incoming, Transcoder
from services.kit import telemetry
from services.kit.errors import Problem
from services.kit.gauges import watch

if TYPE_CHECKING:
    from fastapi import APIRouter

    from gateway.pages import Pages

log = logging.getLogger(__name__)

LOOK_S = 0.1
Found = tuple[Mapping[str, Route], list[str]]
"""The routes of a path by HTTP method, and the values of its variables."""
TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True)
class Parts:
    """What a gateway is made of."""

    peers: Mapping[str, Invoke]
    """Who answers for each service of the contract: "leads", "identity" … A service that is absent has no routes."""
    authenticate: Authenticate
    readiness: Readiness
    routers: "Callable[[], Sequence[APIRouter]]" = tuple
    """Makes the routes that the contract does not have, such as uploads; the OpenAPI document has them by itself."""
    uploads: Mapping[str, int] = field(default_factory=dict)
    """The largest body in bytes for paths of routers that take more than others."""
    limits: Limits = field(default_factory=Limits)
    ledger: Ledger = field(default_factory=Uncounted)
    """What keeps count of what people are shown."""


class Gateway:
    """Answers every request, and every refusal as a problem document."""

    def __init__(self, parts: Parts) -> None:
        served = [method for method in contract.methods() if method.peer in parts.peers]
        self._table = Table(served)
        rate = Rate(parts.limits.rate, parts.limits.burst)
        failures = Rate(parts.limits.failure_rate, parts.limits.failure_burst)
        strangers = Strangers(rate, failures, parts.limits.proxies)
        self._transcoder = Transcoder(parts.peers, parts.authenticate, parts.limits, rate, strangers, parts.ledger)
        self._readiness = parts.readiness
        self._probes = Probes(parts.readiness)
        self._pages = _Late(parts, rate, strangers)
        self._limits = parts.limits
        self._places = Places(parts.limits.in_flight)
        watch(metrics.REQUESTS, metrics.REQUESTS_LIMIT, lambda: self._places.taken, parts.limits.in_flight)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await (await self._pages.loaded()).application(scope, receive, send)
            return
        started, method = time.perf_counter(), scope["method"]
        path = scope["raw_path"].decode("latin-1")
        found = self._table.find(path)
        if found is None and path not in PATHS:
            with telemetry.hop(method, _trace(scope["headers"])) as exemplar:
                template, status = await (await self._pages.loaded())(scope, receive, send)
                if exemplar:
                    _outcome(status)
        else:
            template = path if found is None else next(iter(found[0].values())).template
            name, probe = f"{method} {template}", found is None
            with telemetry.hop(name, _trace(scope["headers"]), probe=probe) as exemplar:
                status = await self._answered(found, scope, receive, send)
                if exemplar:
                    _outcome(status)
        metrics.observe(template, method, status, time.perf_counter() - started, exemplar)

    async def load(self) -> None:
        """Once all services serve, load what answers neither calls nor probes; else its first request waits for it."""
        while await self._readiness.missing():  # noqa: ASYNC110 - a peer tells nobody that it is ready
            await asyncio.sleep(LOOK_S)
        await asyncio.sleep(LOOK_S)  # whoever waits for us hears of it before a thread disturbs
        await self._pages.loaded()

    async def _answered(self, found: Found | None, scope: Any, receive: Any, send: Any) -> int:
        speech = "en"
        try:
            headers = headers_of(scope["headers"], self._limits.header_bytes)
            if accept := headers.get(b"accept-language"):
                speech = language(accept)
            incoming = Incoming(scope, receive, headers, speech)
            answer = await (self._probes.answer(incoming) if found is None else self._transcoded(*found, incoming))
        except Disconnected:
            return CLOSED
        except (Problem, AioRpcError) as error:
            answer = Answer(*written(fault_of(error, speech), speech, scope["raw_path"].decode("latin-1")))
        except Exception as error:
            log.exception("request failed")
            answer = Answer(*written(fault_of(error, speech), speech, scope["raw_path"].decode("latin-1")))
        await _send(answer, send)
        return answer.status

    async def _transcoded(self, ends: Mapping[str, Route], values: list[str], incoming: Incoming) -> Answer:
        method = incoming.scope["method"]
        route = ends.get("GET" if method == "HEAD" else method)
        if route is None:
            raise MethodNotAllowed(allowed=", ".join(sorted(ends)))
        with self._places:
            return await self._transcoder.answer(route, values, incoming)


class _Late:
    """The pages, loaded in a thread: FastAPI takes as long to load as all else that the gateway needs to be ready.

    So do all messages of the contract; a call that comes before them loads its own.
    """

    def __init__(self, parts: Parts, rate: Rate, strangers: Strangers) -> None:
        self._parts = parts
        self._rate = rate
        self._strangers = strangers
        self._loading: asyncio.Task[Pages] | None = None

    async def loaded(self) -> "Pages":
        """The pages. What fails to load is tried again with the next request."""
        if self._loading is None or (self._loading.done() and self._loading.exception()):
            self._loading = asyncio.create_task(asyncio.to_thread(self._load))
        return await asyncio.shield(self._loading)

    def _load(self) -> "Pages":
        from gateway.pages import Pages  # noqa: PLC0415 - late

        contract.files()
        parts = self._parts
        return Pages(
            routers=parts.routers(),
            peers=parts.peers,
            authenticate=parts.authenticate,
            limits=parts.limits,
            rate=self._rate,
            strangers=self._strangers,
            uploads=parts.uploads,
        )


def _outcome(status: int) -> None:
    telemetry.outcome("http.response.status_code", status, fault=status >= HTTPStatus.INTERNAL_SERVER_ERROR)


def _trace(headers: list[tuple[bytes, bytes]]) -> str | None:
    for name, value in headers:
        if name == b"traceparent" and TRACEPARENT.fullmatch(value):
            return value.decode()
    return None


async def _send(answer: Answer, send: Any) -> None:
    """Write the answer. An export that fails half way ends the connection: a short file must not look whole."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    if answer.export is not None:
        async with aclosing(answer.export.chunks()) as chunks:
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": answer.body})
