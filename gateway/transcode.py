"""The contract's routes: JSON to bytes to a gRPC call and back, without a copy of any message.

This is the hot path: it stands in front of FastAPI, and what a request does not need is not done for it.
"""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from grpc import StatusCode
from grpc.aio import AioRpcError
from protobuf import DescField, DescFieldValueEnum, DescFieldValueScalar, Message, ScalarType

from gateway.decode import from_body, from_query
from gateway.diagnosis import INTEGERS
from gateway.export import Export, wanted
from gateway.export_requests.domain import canonical
from gateway.leaving import Leaving, Ledger
from gateway.limits import Limits, Rate, read
from gateway.peers import Invoke, Metadata, Trailing
from gateway.problems import Headers
from gateway.refusals import IdempotencyKeyInvalid, IfMatchInvalid, IfMatchMissing, MediaTypeUnsupported
from gateway.routes import Route
from gateway.strangers import Strangers
from services.kit import telemetry
from services.kit.errors import Unauthenticated, Unavailable, Violated
from services.kit.principal import Principal
from services.kit.rpc import AS_JSON, IN_JSON

PLAIN: Headers = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
KEY = re.compile(rb"[\x20-\x7e]{1,255}")
REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
IF_MATCH = re.compile(rb'"([0-9]{1,18})"')
JSON = re.compile(rb"application/json\s*(;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as identity found out, and the token by which services believe it."""

    principal: Principal
    internal_token: str


Authenticate = Callable[[Mapping[bytes, bytes]], Awaitable[Caller]]
"""From the request's headers to the caller; raises Unauthenticated. Called for each request, so it should remember."""


@dataclass(slots=True)
class Incoming:
    """A request on its way in."""

    scope: Any
    receive: Any
    headers: Mapping[bytes, bytes]
    language: str


@dataclass(slots=True)
class Answer:
    """An answer on its way out. `export` stands for a body that is made page by page."""

    status: int
    headers: Headers
    body: bytes = b""
    export: Export | None = None


class Transcoder:
    """Answers requests for the contract's routes."""

    def __init__(
        self,
        peers: Mapping[str, Invoke],
        authenticate: Authenticate,
        limits: Limits,
        rate: Rate,
        strangers: Strangers,
        ledger: Ledger,
    ) -> None:
        self._peers = peers
        self._authenticate = authenticate
        self._limits = limits
        self._rate = rate
        self._strangers = strangers
        self._ledger = ledger

    async def answer(self, route: Route, values: list[str], incoming: Incoming) -> Answer:
        """Carry one request to its service. Raises Problem or AioRpcError for every refusal."""
        metadata: list[tuple[str, str]] = []
        if route.method.public:
            metadata.append(("x-client-address", self._strangers.admit(incoming.scope)))
        else:
            caller = await self._vouched(incoming)
            self._rate.take(caller.principal.user_id)
            metadata.append(("authorization", "Bearer " + caller.internal_token))
        again = _conditions(route, incoming, metadata)
        query: str = incoming.scope["query_string"].decode("latin-1")
        if route.pages:
            as_csv, query, request_id = wanted(incoming.headers, query)
            if as_csv:
                message = _set_path(route, values, from_query(route.method.input, query))
                asked = canonical(incoming.scope["raw_path"].decode("latin-1"), query)
                leaving = await self._ledger.begin(caller.principal, route.method.name, asked, request_id)
                return await self._export(route, message, metadata, leaving)
        message = await self._message(route, incoming, query)
        body = _set_path(route, values, message).to_binary()
        if route.method.reads:
            metadata.append(AS_JSON)
        if route.method.public:
            reply, trailing = await self._call_for_stranger(route, body, metadata, again, incoming)
        else:
            reply, trailing = await self._call(route, body, metadata, again)
            if route.method.reveals:
                await self._ledger.revealed(caller.principal)
        return _answer(route, reply, trailing)

    async def _vouched(self, incoming: Incoming) -> Caller:
        try:
            return await self._authenticate(incoming.headers)
        except Unauthenticated:
            self._strangers.failed(incoming.scope)
            raise

    async def _call_for_stranger(
        self, route: Route, body: bytes, metadata: Metadata, again: bool, incoming: Incoming
    ) -> tuple[bytes, Trailing]:
        try:
            return await self._call(route, body, metadata, again)
        except Unauthenticated:
            self._strangers.failed(incoming.scope)
            raise

    async def _message(self, route: Route, incoming: Incoming, query: str) -> Message:
        if not route.binding.body:
            return from_query(route.method.input, query)
        if query:
            raise Violated((query.partition("=")[0], "this route takes no query parameters", "该接口不接受查询参数"))
        body = await read(incoming.receive, incoming.headers, self._limits.body_bytes, self._limits.body_seconds)
        if body and not JSON.fullmatch(incoming.headers.get(b"content-type", b"")):
            raise MediaTypeUnsupported(expected="application/json")
        return from_body(route.method.input, body, route.binding.verb == "PATCH")

    async def _call(self, route: Route, body: bytes, metadata: Metadata, again: bool) -> tuple[bytes, Trailing]:
        """Call the service; what cannot be done twice by mistake is tried again once if nobody answered."""
        invoke, limit = self._peers[route.method.peer], self._limits.call_seconds
        started = time.monotonic()
        try:
            return await invoke(route.method.path, body, metadata, limit)
        except (AioRpcError, Unavailable) as error:
            if not again or (isinstance(error, AioRpcError) and error.code() is not StatusCode.UNAVAILABLE):
                raise
        await asyncio.sleep(random.uniform(0.02, 0.12))  # noqa: S311 - jitter, not a secret
        return await invoke(route.method.path, body, metadata, limit - (time.monotonic() - started))

    async def _export(self, route: Route, message: Any, metadata: Metadata, leaving: Leaving) -> Answer:
        async def fetch(request: bytes) -> bytes:
            reply, _ = await self._call(route, request, metadata, True)
            return reply

        export = Export(route.method.output, message, fetch, leaving)
        await export.begin()
        return Answer(200, export.headers(), export=export)


def _conditions(route: Route, incoming: Incoming, metadata: list[tuple[str, str]]) -> bool:
    """Add what the headers ask for to the metadata; answer whether the call may be tried again."""
    headers = incoming.headers
    again = route.method.reads
    if (key := headers.get(b"idempotency-key")) is not None:
        if not KEY.fullmatch(key):
            raise IdempotencyKeyInvalid
        metadata.append(("idempotency-key", key.decode()))
        again = True
    if (expected := headers.get(b"if-match")) is not None:
        if not (version := IF_MATCH.fullmatch(expected)):
            raise IfMatchInvalid
        metadata.append(("if-match", version[1].decode()))
    elif route.binding.verb in {"PATCH", "DELETE"}:
        raise IfMatchMissing
    if incoming.language != "en":
        metadata.append(("accept-language", incoming.language))
    if (request_id := headers.get(b"x-request-id")) and REQUEST_ID.fullmatch(request_id):
        metadata.append(("x-request-id", request_id.decode()))
    if trace := telemetry.traceparent():
        metadata.append(("traceparent", trace))
    return again


def _set_path(route: Route, values: list[str], message: Any) -> Any:
    """Set the fields that the path names; they cannot be given elsewhere too."""
    for field, value in zip(route.variables, values, strict=True):
        if getattr(message, field.local_name):
            raise Violated((field.json_name, "stands in the path; leave it out here", "已在路径中给出，请勿重复"))
        setattr(message, field.local_name, _converted(field, value))
    return message


def _converted(field: DescField, value: str) -> Any:
    match field.value:
        case DescFieldValueScalar(scalar=ScalarType.STRING) if "\0" not in value:
            return value
        case DescFieldValueScalar(scalar=kind) if kind in INTEGERS and value.lstrip("-").isdecimal():
            return int(value)
        case DescFieldValueEnum(enum=enum):
            if number := {one.name: one.number for one in enum.values}.get(value):
                return enum.type(number)
    raise Violated((field.json_name, "is not a value that can stand here", "路径参数无效"))


def _answer(route: Route, reply: bytes, trailing: Trailing) -> Answer:
    if IN_JSON in trailing:
        body = reply
        version = int(orjson.loads(reply)["version"]) if route.versioned else 0
    else:
        message: Any = route.method.output.from_binary(reply)
        body = message.to_json(always_emit_implicit=True).encode()
        version = message.version if route.versioned else 0
    headers = [*PLAIN, (b"content-length", b"%d" % len(body))]
    if route.versioned:
        headers.append((b"etag", b'"%d"' % version))
    for name, value in trailing:
        if name == "idempotency-replayed" and value == "true":
            headers.append((b"idempotency-replayed", b"true"))
    return Answer(200, headers, body)
