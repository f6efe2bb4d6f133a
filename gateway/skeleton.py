"""What the OpenAPI document says of every route alike: how to sign in, headers, problems."""

from http import HTTPStatus
from typing import Any

ABOUT = """\
From the first lead to the last payment, over REST and JSON.

- **Sign in** with `POST /v1/sessions`; send the access token as `Authorization: Bearer …`.
- **Names** are lowerCamelCase, enums stand by name, instants are RFC 3339 in UTC, money is
  `{"amount": "12000.00", "currency": "CNY"}`, 64-bit integers are strings.
- **Problems** are `application/problem+json` (RFC 9457). Decide by `reason`; `detail` is for people, in English or,
  with `Accept-Language: zh`, in Chinese. `violations` names the fields at fault.
- **Repeating** a command with the same `Idempotency-Key` answers as it did the first time.
- **Changes** carry the version that they change: send the `ETag` that you read as `If-Match`.
- **Lists** come in pages: send `nextPageToken` back as `pageToken` until it is empty, or take the whole list as CSV
  with `?format=csv`.
- What is out of your sight does not exist for you: it answers 404.
"""
STATUSES = (400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428, 429, 500, 503, 504)
REASONS = {
    400: ("INVALID", "the request is invalid"),
    401: ("UNAUTHENTICATED", "sign in first"),
    403: ("ROLE_NOT_ALLOWED", "the role REP may not call SetDiscardReason"),
    404: ("NOT_FOUND", "no such lead in your sight"),
    405: ("METHOD_NOT_ALLOWED", "this route answers to GET, POST"),
    409: ("COMMAND_IN_FLIGHT", "the same command is being carried out; try again in a second"),
    412: ("VERSION_MISMATCH", "it is at version 4 now, not at the one you read"),
    413: ("BODY_TOO_LARGE", "the body is larger than 1048576 bytes"),
    415: ("MEDIA_TYPE_UNSUPPORTED", "send the body as application/json"),
    422: ("IDEMPOTENCY_KEY_MISMATCH", "this idempotency key was used for another request"),
    428: ("IF_MATCH_MISSING", "send the ETag that you read as If-Match, so that nobody's change is lost"),
    429: ("RATE_EXCEEDED", "too many requests; go on in 1 s"),
    500: ("INTERNAL", "something went wrong on our side; quote the traceId when you report it"),
    503: ("PEER_UNREACHABLE", "a part of the system is out of reach; try again"),
    504: ("DEADLINE_EXCEEDED", "no answer in time; reading again tells whether a command took effect"),
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A key of your own for this command. A repetition with the same key and body changes nothing more.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag that was read; the change is refused if the resource has moved on.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,18}"$'},
    "example": '"3"',
}
PARAMETERS = {
    "IdempotencyKey": KEY,
    "IdempotencyKeyRequired": KEY | {"required": True},
    "IfMatch": IF_MATCH,
    "IfMatchRequired": IF_MATCH | {"required": True},
    "AcceptLanguage": {
        "name": "Accept-Language",
        "in": "header",
        "description": "The language of what people read: en (the default) or zh.",
        "schema": {"type": "string"},
        "example": "zh-CN",
    },
    "Format": {
        "name": "format",
        "in": "query",
        "description": "json (the default) for a page, csv for all pages as one file.",
        "schema": {"type": "string", "enum": ["json", "csv"]},
    },
}
HEADERS = {
    "ETag": {"description": "The version, to be sent as If-Match.", "schema": {"type": "string"}, "example": '"3"'},
    "IdempotencyReplayed": {
        "description": "true if the answer is that of an earlier command with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "Allow": {"description": "The methods of the route.", "schema": {"type": "string"}},
}
PROBLEM = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The kind of problem, from its reason."},
        "title": {"type": "string", "description": "The kind of problem in words."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What went wrong this time, for people."},
        "reason": {"type": "string", "description": "What went wrong, for programs.", "pattern": "^[A-Z][A-Z0-9_]*$"},
        "instance": {"type": "string", "description": "The path that was asked for."},
        "traceId": {"type": "string", "description": "Under which we find the request again."},
        "violations": {
            "type": "array",
            "description": "The fields at fault.",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "description": "The path of the field, such as leads[3].company."},
                    "message": {"type": "string", "description": "What is wrong with it."},
                },
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "reason", "instance"],
}


def skeleton() -> dict[str, Any]:
    """The document without its routes."""
    return {
        "openapi": "3.1.1",
        "info": {"title": "Dealtrail", "version": "1", "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": [],
        "paths": {},
        "components": {
            "schemas": {"Problem": PROBLEM},
            "parameters": dict(PARAMETERS),
            "headers": dict(HEADERS),
            "responses": {f"Problem{status}": _response(status) for status in STATUSES},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _response(status: int) -> dict[str, Any]:
    reason, detail = REASONS[status]
    example = {
        "type": f"urn:dealtrail:problem:{reason.lower().replace('_', '-')}",
        "title": reason.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "reason": reason,
        "instance": "/v1/leads",
        "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
    said: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
        },
    }
    if header := {405: "Allow", 429: "RetryAfter", 503: "RetryAfter", 504: "RetryAfter"}.get(status):
        name = header if header == "Allow" else "Retry-After"
        said["headers"] = {name: {"$ref": f"#/components/headers/{header}"}}
    return said
