"""Plausible values for the OpenAPI document, the same in every build, each of them allowed by its own schema."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

BY_NAME: Mapping[str, Any] = {
    "amount": "12000.00",
    "at": "09:00",
    "attributes": {"occupation": "engineer"},
    "begin": "09:00",
    "campaign": "2026 春季展会",
    "channel": "展会",
    "code": "NO_BUDGET",
    "company": "上海云杉科技有限公司",
    "contactName": "张伟",
    "country": "CN",
    "currency": "CNY",
    "dealName": "云杉科技 产线升级",
    "discardReason": "NO_BUDGET",
    "email": "zhang.wei@example.com",
    "employees": 120,
    "end": "18:00",
    "industry": "medical",
    "label": "没有预算",
    "message": "there is no such user",
    "name": "上海云杉科技有限公司",
    "nextPageToken": "",
    "orderBy": "create_time desc",
    "outcome": "CREATED",
    "pageSize": 50,
    "pageToken": "",
    "list": "/v1/leads?status=NEW",
    "password": "correct horse battery staple",
    "period": "2026Q1",
    "phone": "138 0013 8000",
    "purpose": "call back about the quote",
    "q": "云杉",
    "reason": "NO_BUDGET",
    "region": "华东",
    "score": 70,
    "tenant": "demo",
    "title": "采购经理",
    "username": "boss",
    "version": "3",
    "zone": "Asia/Shanghai",
}
SPARE = (
    "example",
    "EXAMPLE",
    "NO_BUDGET",
    "CNY",
    "12000.00",
    "2026-03-31",
    "2026-03",
    "1",
    "example-1",
    "zhang.wei@example.com",
)
BY_FORMAT = {
    "date-time": "2026-03-31T08:00:00Z",
    "email": "zhang.wei@example.com",
    "int64": "3",
    "uri": "https://example.com/",
}
DEEP = 5
"""Where nesting ends, for messages that hold themselves."""


def example(name: str, schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> Any:
    """A value for a field of that name. `schemas` holds what references point to."""
    if ref := schema.get("$ref"):
        return example(name, schemas[ref.rpartition("/")[2]], schemas, depth + 1)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return next(one for one in schema["enum"] if not str(one).endswith("_UNSPECIFIED"))
    return _typed(name, schema, schemas, depth)


def _typed(name: str, schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> Any:
    match schema.get("type"):
        case "object":
            return _object(name, schema, schemas, depth)
        case "array":
            wanted = depth < DEEP or schema.get("minItems")
            return [example(name.removesuffix("s"), schema["items"], schemas, depth + 1)] if wanted else []
        case "integer" | "number":
            return _number(name, schema)
        case "string":
            return _text(name, schema)
        case kind:
            return False if kind == "boolean" else None


def _object(name: str, schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> Any:
    if "properties" not in schema:
        known = BY_NAME.get(name)
        if isinstance(known, dict):
            return known
        inside = schema.get("additionalProperties")
        return (
            {"example": example("value", inside, schemas, depth + 1)}
            if isinstance(inside, dict) and depth < DEEP
            else {}
        )
    needed = schema.get("required", ())
    fields = schema["properties"].items()
    return {key: example(key, one, schemas, depth + 1) for key, one in fields if depth < DEEP or key in needed}


def _number(name: str, schema: Mapping[str, Any]) -> int:
    low: int = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    high: int = schema.get("maximum", schema.get("exclusiveMaximum", low + 1_000_001) - 1)
    known = BY_NAME.get(name)
    return max(low, min(high, known if isinstance(known, int) else 1))


def _text(name: str, schema: Mapping[str, Any]) -> str:
    if known := BY_FORMAT.get(schema.get("format", "")):
        return known
    if schema.get("format") == "uuid" or (re.fullmatch("id|.*Ids?", name) and _allowed(_identity(name), schema)):
        return _identity(name)
    candidates = (BY_NAME.get(name, SPARE[0]), *SPARE)
    return next((one for one in candidates if isinstance(one, str) and _allowed(one, schema)), "")


def _allowed(text: str, schema: Mapping[str, Any]) -> bool:
    fits = schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text))
    return fits and bool(re.search(schema.get("pattern", ""), text))


def _identity(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))
