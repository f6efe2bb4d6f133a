"""All that is no call of the contract nor a probe: documentation, and the routers of uploads and live updates."""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from grpc.aio import AioRpcError
from starlette.exceptions import HTTPException

from gateway import asyncapi, documentation
from gateway.limits import CLOSED, Disconnected, Limits, Rate, headers_of
from gateway.problems import fault_of, language, written
from gateway.refusals import BodyTooLarge, Internal, MediaTypeUnsupported, MethodNotAllowed, RouteUnknown
from gateway.strangers import Strangers
from gateway.transcode import Authenticate, Caller
from services.kit.errors import Invalid, Problem, Unauthenticated, Violated
from services.kit.status import json_path

log = logging.getLogger(__name__)

GUARDS = {
    b"x-content-type-options": b"nosniff",
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
}
"""Set on every answer that does not set them itself."""


async def caller(request: Request) -> Caller:
    """The caller of a router's route: `who: Annotated[Caller, Depends(caller)]`.

    Refused: UNAUTHENTICATED; RATE_EXCEEDED, for these requests count like all others.
    """
    state = request.app.state
    try:
        known: Caller = await state.authenticate(dict(request.headers.raw))
    except Unauthenticated:
        state.strangers.failed(request.scope)
        raise
    state.rate.take(known.principal.user_id)
    return known


class Pages:
    """FastAPI behind the contract's routes, with the same limits and the same refusals."""

    def __init__(
        self,
        routers: Sequence[APIRouter],
        peers: Collection[str],
        authenticate: Authenticate,
        limits: Limits,
        rate: Rate,
        strangers: Strangers,
        uploads: Mapping[str, int],
    ) -> None:
        self.application = FastAPI(title="Dealtrail", docs_url=None, redoc_url=None, openapi_url=None)
        self.application.state.peers = frozenset(peers)
        self.application.state.authenticate = authenticate
        self.application.state.rate = rate
        self.application.state.strangers = strangers
        for router in (documentation.router, asyncapi.router, *routers):
            self.application.include_router(router)
        for kind in (Problem, AioRpcError, HTTPException, RequestValidationError, Exception):
            self.application.add_exception_handler(kind, _refuse)
        self._limits = limits
        self._uploads = uploads

    async def __call__(self, scope: Any, receive: Any, send: Any) -> tuple[str, int]:
        """Answer a request; tells the template of its route and the status of the answer, to be counted."""
        status = 500

        async def guarded(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name for name, _ in message["headers"]}
                message["headers"] += [pair for pair in GUARDS.items() if pair[0] not in present]
            await send(message)

        try:
            headers_of(scope["headers"], self._limits.header_bytes)
            bound = self._uploads.get(scope["path"], self._limits.body_bytes)
            await self.application(scope, _bounded(receive, bound), guarded)
        except Problem as problem:
            await _answer(Request(scope), problem)(scope, receive, guarded)
        except Disconnected:
            status = CLOSED
        except Exception:
            log.exception("page failed")
        return getattr(scope.get("route"), "path", "none"), status


def _bounded(receive: Any, limit: int) -> Any:
    """A `receive` that refuses a body beyond the limit."""
    size = 0

    async def counted() -> Any:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise BodyTooLarge(limit=limit)
        return message

    return counted


async def _refuse(request: Request, error: Exception) -> Response:
    return _answer(request, error)


def _answer(request: Request, error: Exception) -> Response:
    speech = language(request.headers.get("accept-language", "").encode("latin-1"))
    told = _as_problem(error)
    status, headers, body = written(fault_of(told, speech), speech, request.url.path)
    response = Response(body, status)
    response.raw_headers = headers
    return response


def _as_problem(error: Exception) -> Exception:
    """FastAPI's own refusals in our words."""
    if isinstance(error, RequestValidationError):
        return Violated(*(_fault(one) for one in error.errors()))
    if isinstance(error, HTTPException):
        if isinstance(error.__cause__, Problem):  # ours, met while FastAPI read a form
            return error.__cause__
        allowed = (error.headers or {}).get("Allow", "")
        return {
            404: RouteUnknown(),
            405: MethodNotAllowed(allowed=allowed),
            415: MediaTypeUnsupported(expected="multipart/form-data"),
        }.get(error.status_code, Invalid() if error.status_code < 500 else Internal())
    return error


def _fault(one: Mapping[str, Any]) -> tuple[str, str, str]:
    where = [str(part) for part in one["loc"] if part not in {"body", "query", "path", "header"}]
    return json_path(".".join(where) or str(one["loc"][0])), str(one["msg"]), str(one["msg"])
