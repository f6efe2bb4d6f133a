"""From an HTTP request to a message: strict about what cannot be read, silent about what the contract's rules say.

The body is parsed twice on purpose. A plain parse goes first: it bounds the depth, on which protobuf-py's
parser has no limit of its own (it overflows the stack), and sees what that one forgives: repeated keys and
nulls in a patch. Both together take a few microseconds.
"""

import json
import re
from itertools import islice
from json import JSONDecodeError
from typing import Any
from urllib.parse import unquote_plus

import orjson
from protobuf import (
    DescField,
    DescFieldValueList,
    DescFieldValueMap,
    DescFieldValueMessage,
    DescFieldValueScalar,
    DescMessage,
    Message,
    ScalarType,
)

from gateway.diagnosis import WELL_KNOWN, Fault, expected, faults, field_named
from gateway.refusals import JsonMalformed, JsonTooDeep, QueryMalformed
from services.kit.errors import Violated

DEPTH = 32
FAULTS = 100
"""That are named at most: a body may hold a hundred thousand, and an answer must not be larger than what asked."""
KEY = re.compile(rb'"\s*:')
"""Ends every key. It may stand in a text as well: more of them than keys only raise the suspicion that one repeats."""
UNREADABLE = (ValueError, TypeError, OverflowError)


def from_body(kind: type[Message], content: bytes, patch: bool) -> Message:
    """The message in a JSON body; an empty body is an empty message.

    Refused: JSON_MALFORMED with line and column; JSON_TOO_DEEP; INVALID naming every field that is unknown, of
    another type, given twice, or null in a patch.
    """
    if not content:
        return kind()
    try:
        document = orjson.loads(content)
        if len(KEY.findall(content)) != _keys(document, 1) and (found := _repeated(content)):
            raise Violated(*found)
        if patch and isinstance(document, dict) and (found := _nulls(document)):
            raise Violated(*found)
        message = kind.from_json(content)
    except JSONDecodeError as error:
        if "depth" in error.msg:
            raise JsonTooDeep(limit=DEPTH) from None
        raise JsonMalformed(line=error.lineno, column=error.colno, fault=error.msg) from None
    except UNREADABLE:
        found = list(islice(faults(kind.desc(), document), FAULTS))
        raise Violated(*found or [("body", "cannot be read", "无法解析")]) from None
    if b"\\u0000" in content and (found := list(islice(faults(kind.desc(), document), FAULTS))):
        raise Violated(*found)
    return message


def from_query(kind: type[Message], query: str) -> Message:
    """The message in a query string: `names=a&names=b` for repeated fields, `amount.currency=CNY` for nested ones.

    Refused: QUERY_MALFORMED; INVALID naming every parameter that is unknown, given twice or of another type.
    """
    if not query:
        return kind()
    tree: dict[str, Any] = {}
    found: list[Fault] = []
    for name, value in _pairs(query):
        found += _plant(tree, kind.desc(), name, value)
    if found:
        raise Violated(*found)
    try:
        return kind.from_json(orjson.dumps(tree))
    except UNREADABLE:
        raise Violated(*faults(kind.desc(), tree)) from None


def _keys(value: Any, depth: int) -> int:
    """How many keys a document has in all. Refused: JSON_TOO_DEEP."""
    if isinstance(value, dict):
        keys, inside = len(value), value.values()
    elif isinstance(value, list):
        keys, inside = 0, value  # type: ignore[assignment] # either is iterable
    else:
        return 0
    if depth > DEPTH:
        raise JsonTooDeep(limit=DEPTH)
    for item in inside:
        if isinstance(item, dict | list):
            keys += _keys(item, depth + 1)
    return keys


def _repeated(content: bytes) -> list[Fault]:
    """The keys that stand twice in one object."""
    found: list[Fault] = []

    def take(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for name, value in pairs:
            if name in known and len(found) < FAULTS:
                found.append((name, "stands twice in the same object", "在同一对象中重复"))
            known[name] = value
        return known

    json.loads(content, object_pairs_hook=take)
    return found


def _nulls(document: dict[str, Any]) -> list[Fault]:
    en, zh = "null says nothing: leave the field out to keep it, send an empty value to clear it", "不能为 null"
    return [(name, en, zh) for name, value in document.items() if value is None]


def _pairs(query: str) -> list[tuple[str, str]]:
    pairs = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            try:
                pairs.append((unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")))
            except UnicodeDecodeError:
                raise QueryMalformed from None
    return pairs


def _plant(tree: dict[str, Any], message: DescMessage, name: str, value: str) -> list[Fault]:
    """Put one parameter where the message's JSON has it."""
    head, _, rest = name.partition(".")
    field = field_named(message, head)
    if field is None:
        return [(name, "there is no such parameter", "没有这个参数")]
    if isinstance(field.value, DescFieldValueMessage) and field.value.message.type_name not in WELL_KNOWN:
        if not rest:
            return [
                (
                    name,
                    "give its fields, such as " + f"{name}.{field.value.message.fields[0].json_name}",
                    "请给出其字段",
                )
            ]
        return _plant(tree.setdefault(field.json_name, {}), field.value.message, rest, value)
    if rest or isinstance(field.value, DescFieldValueMap):
        return [(name, "there is no such parameter", "没有这个参数")]
    return _put(tree, field, name, value)


def _put(tree: dict[str, Any], field: DescField, name: str, value: str) -> list[Fault]:
    if "\0" in value:
        return [(name, "must not contain U+0000", "不能包含空字符")]
    if isinstance(field.value, DescFieldValueList):
        tree.setdefault(field.json_name, []).append(_read(field.value.element, value))
    elif field.json_name in tree:
        return [(name, "stands twice", "参数重复")]
    else:
        tree[field.json_name] = _read(getattr(field.value, "scalar", None), value)
        if not value and not _textual(field):
            return [expected(name, "a value", "一个值")]
    return []


def _read(kind: Any, value: str) -> Any:
    """Numbers, names and instants may be strings in JSON as well; only booleans may not."""
    return {"true": True, "false": False}.get(value, value) if kind is ScalarType.BOOL else value


def _textual(field: DescField) -> bool:
    return isinstance(field.value, DescFieldValueScalar) and field.value.scalar is ScalarType.STRING
