"""Every refusal, ours or a service's, as an RFC 9457 problem document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import orjson
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode as Code
from grpc.aio import AioRpcError

from gateway import refusals
from services.kit import outages, telemetry
from services.kit.errors import Problem
from services.kit.status import DETAILS, json_path

Headers = list[tuple[bytes, bytes]]

STATUS = {
    Code.INVALID_ARGUMENT: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.ABORTED: 409,
    Code.FAILED_PRECONDITION: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.CANCELLED: 503,
    Code.UNKNOWN: 500,
    Code.INTERNAL: 500,
    Code.DATA_LOSS: 500,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}
"""From gRPC to HTTP, for all services."""

STATUS_OF_REASON = {
    "METHOD_NOT_ALLOWED": 405,
    "BODY_TOO_SLOW": 408,
    "VERSION_MISMATCH": 412,
    "BODY_TOO_LARGE": 413,
    "MEDIA_TYPE_UNSUPPORTED": 415,
    "IDEMPOTENCY_KEY_MISMATCH": 422,
    "IF_MATCH_MISSING": 428,
    "HEADERS_TOO_LARGE": 431,
}
"""Where HTTP says it more precisely than the code does."""

UNTOLD: dict[Code, type[Problem]] = {
    Code.UNAVAILABLE: refusals.PeerUnreachable,
    Code.CANCELLED: refusals.PeerUnreachable,
    Code.DEADLINE_EXCEEDED: refusals.DeadlineExceeded,
    Code.UNIMPLEMENTED: refusals.NotImplementedThere,
    Code.RESOURCE_EXHAUSTED: refusals.Overloaded,
}
"""What is said of a failed call that carries no reason of ours: its own text speaks of addresses and code."""


@dataclass(frozen=True)
class Fault:
    """A refusal in the caller's language, ready to be written."""

    status: int
    reason: str
    detail: str
    violations: list[tuple[str, str]] = field(default_factory=list)
    facts: Mapping[str, str] = field(default_factory=dict)


@lru_cache(1024)
def language(accept: bytes) -> str:
    """ "zh" if Accept-Language prefers Chinese, else "en"."""
    best, chosen = 0.0, "en"
    for part in accept.decode("latin-1").lower().split(","):
        tag, _, quality = part.strip().partition(";q=")
        known = tag.split("-")[0].strip()
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if known in {"zh", "en"} and weight > best:
            best, chosen = weight, known
    return chosen


def fault_of(error: Exception, speech: str) -> Fault:
    """What to tell the caller about any error. What is neither a refusal nor a fault that passes becomes INTERNAL."""
    if isinstance(error, AioRpcError):
        return _fault_of_call(error, speech)
    told = error if isinstance(error, Problem) else outages.refusal(error) or refusals.Internal()
    status = STATUS_OF_REASON.get(told.reason) or STATUS.get(told.code, 500)
    return Fault(status, told.reason, told.message(speech), told.violations(speech), told.facts)


def _fault_of_call(error: AioRpcError, speech: str) -> Fault:
    info, text, fields = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.LocalizedMessage(),
        error_details_pb2.BadRequest(),
    )
    texts: dict[str, str] = {}
    for detail in _details(error):
        if detail.Unpack(text):
            texts[text.locale[:2]] = text.message
        elif not detail.Unpack(fields):
            detail.Unpack(info)
    if not info.reason:
        return fault_of(UNTOLD.get(error.code(), refusals.Internal)(retry_after=1), speech)
    violations = [
        (json_path(one.field), (speech == "zh" and one.localized_message.message) or one.description)
        for one in fields.field_violations
    ]
    detail_text = texts.get(speech) or error.details() or ""
    status = STATUS_OF_REASON.get(info.reason) or STATUS[error.code()]
    return Fault(status, info.reason, detail_text, violations, dict(info.metadata))


def _details(error: AioRpcError) -> list[AnyMessage]:
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS and isinstance(value, bytes):
            return list(status_pb2.Status.FromString(value).details)
    return []


def written(fault: Fault, speech: str, instance: str) -> tuple[int, Headers, bytes]:
    """Status, headers and body of the answer."""
    document = {
        "type": f"urn:dealtrail:problem:{fault.reason.lower().replace('_', '-')}",
        "title": fault.reason.replace("_", " ").capitalize(),
        "status": fault.status,
        "detail": fault.detail,
        "reason": fault.reason,
        "instance": instance,
    }
    if trace := telemetry.trace_id():
        document["traceId"] = trace
    if fault.violations:
        document["violations"] = [{"field": name, "message": text} for name, text in fault.violations]
    body = orjson.dumps(document)
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-language", speech.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *_headers(fault),
    ]
    return fault.status, headers, body


def _headers(fault: Fault) -> Headers:
    """What a status owes by RFC 9110, from the facts of the refusal."""
    facts = fault.facts
    match fault.status:
        case 408 | 431:
            return [(b"connection", b"close")]
        case 401:
            return [(b"www-authenticate", b'Bearer realm="dealtrail"')]
        case 405:
            return [(b"allow", facts["allowed"].encode())]
        case 412 if "version" in facts:
            return [(b"etag", f'"{facts["version"]}"'.encode())]
        case 429 | 503 | 504:
            return [(b"retry-after", facts.get("retry_after", "1").encode())]
        case _:
            return []
