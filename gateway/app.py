"""The gateway's ASGI application: the contract's routes first, everything else by FastAPI behind them."""

import logging
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from grpc.aio import AioRpcError

from gateway import contract, metrics
from gateway.limits import Disconnected, Limits, Places, Rate, headers_of
from gateway.pages import Pages
from gateway.peers import Invoke, Readiness
from gateway.problems import fault_of, language, written
from gateway.refusals import MethodNotAllowed
from gateway.routes import Route, Table
from gateway.strangers import Strangers
from gateway.transcode import Answer, Authenticate, BeginExport, Incoming, Transcoder, unbounded
from services.kit import telemetry
from services.kit.errors import Problem
from services.kit.gauges import watch

log = logging.getLogger(__name__)

CLOSED = 499
"""What is counted when the caller went away before the request was complete."""
TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True)
class Parts:
    """What a gateway is made of."""

    peers: Mapping[str, Invoke]
    """Who answers for each service of the contract: "leads", "identity" … A service that is absent has no routes."""
    authenticate: Authenticate
    readiness: Readiness
    routers: Sequence[APIRouter] = ()
    """Routes that the contract does not have, such as uploads. They appear in the OpenAPI document by themselves."""
    uploads: Mapping[str, int] = field(default_factory=dict)
    """The largest body in bytes for paths of routers that take more than others."""
    limits: Limits = field(default_factory=Limits)
    begin_export: BeginExport = unbounded
    """What counts the rows of an export before they leave."""


class Gateway:
    """Answers every request, and every refusal as a problem document."""

    def __init__(self, parts: Parts) -> None:
        served = [method for method in _methods() if method.peer in parts.peers]
        self._table = Table(served)
        rate = Rate(parts.limits.rate, parts.limits.burst)
        failures = Rate(parts.limits.failure_rate, parts.limits.failure_burst)
        strangers = Strangers(rate, failures, parts.limits.proxies)
        self._transcoder = Transcoder(
            parts.peers, parts.authenticate, parts.limits, rate, strangers, parts.begin_export
        )
        self._pages = Pages(
            routers=parts.routers,
            peers=parts.peers,
            authenticate=parts.authenticate,
            readiness=parts.readiness,
            limits=parts.limits,
            rate=rate,
            strangers=strangers,
            uploads=parts.uploads,
        )
        self._limits = parts.limits
        self._places = Places(parts.limits.in_flight)
        watch(metrics.REQUESTS, metrics.REQUESTS_LIMIT, lambda: self._places.taken, parts.limits.in_flight)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._pages.application(scope, receive, send)
            return
        started, method = time.perf_counter(), scope["method"]
        found = self._table.find(scope["raw_path"].decode("latin-1"))
        if found is None:
            with telemetry.hop(method, _trace(scope["headers"])) as exemplar:
                template, status = await self._pages(scope, receive, send)
                if exemplar:
                    _outcome(status)
        else:
            ends, values = found
            template = next(iter(ends.values())).template
            with telemetry.hop(f"{method} {template}", _trace(scope["headers"])) as exemplar:
                status = await self._transcoded(ends, values, scope, receive, send)
                if exemplar:
                    _outcome(status)
        metrics.observe(template, method, status, time.perf_counter() - started, exemplar)

    async def _transcoded(
        self, ends: Mapping[str, Route], values: list[str], scope: Any, receive: Any, send: Any
    ) -> int:
        speech = "en"
        try:
            headers = headers_of(scope["headers"], self._limits.header_bytes)
            if accept := headers.get(b"accept-language"):
                speech = language(accept)
            route = ends.get("GET" if scope["method"] == "HEAD" else scope["method"])
            if route is None:
                raise MethodNotAllowed(allowed=", ".join(sorted(ends)))
            with self._places:
                answer = await self._transcoder.answer(route, values, Incoming(scope, receive, headers, speech))
        except Disconnected:
            return CLOSED
        except (Problem, AioRpcError) as error:
            answer = Answer(*written(fault_of(error, speech), speech, scope["raw_path"].decode("latin-1")))
        except Exception as error:
            log.exception("request failed")
            answer = Answer(*written(fault_of(error, speech), speech, scope["raw_path"].decode("latin-1")))
        await _send(answer, send)
        return answer.status


def _outcome(status: int) -> None:
    telemetry.outcome("http.response.status_code", status, fault=status >= HTTPStatus.INTERNAL_SERVER_ERROR)


def _methods() -> Iterable[contract.Method]:
    for service in contract.services():
        yield from contract.methods(service)


def _trace(headers: list[tuple[bytes, bytes]]) -> str | None:
    for name, value in headers:
        if name == b"traceparent" and TRACEPARENT.fullmatch(value):
            return value.decode()
    return None


async def _send(answer: Answer, send: Any) -> None:
    """Write the answer. An export that fails half way ends the connection: a short file must not look whole."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    if answer.export is not None:
        async for chunk in answer.export.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": answer.body})
