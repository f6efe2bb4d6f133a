"""Why JSON is not the message that it should be: every fault with its path. Runs only once reading has failed."""

import difflib
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from protobuf import (
    DescEnum,
    DescField,
    DescFieldValueEnum,
    DescFieldValueList,
    DescFieldValueMap,
    DescFieldValueMessage,
    DescFieldValueScalar,
    DescMessage,
    ScalarType,
)

Fault = tuple[str, str, str]
"""The path in the JSON, what is wrong in English, the same in Chinese."""
Element = ScalarType | DescEnum | DescMessage

INTEGERS = {
    kind: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    for kind, bits, signed in (
        (ScalarType.INT32, 32, True),
        (ScalarType.SINT32, 32, True),
        (ScalarType.SFIXED32, 32, True),
        (ScalarType.UINT32, 32, False),
        (ScalarType.FIXED32, 32, False),
        (ScalarType.INT64, 64, True),
        (ScalarType.SINT64, 64, True),
        (ScalarType.SFIXED64, 64, True),
        (ScalarType.UINT64, 64, False),
        (ScalarType.FIXED64, 64, False),
    )
}
EXPECTED = {
    ScalarType.STRING: ("a string", "字符串"),
    ScalarType.BOOL: ("true or false", "true 或 false"),
    ScalarType.BYTES: ("base64 text", "base64 文本"),
    ScalarType.FLOAT: ("a number", "数字"),
    ScalarType.DOUBLE: ("a number", "数字"),
}
WELL_KNOWN = {
    "google.protobuf.Timestamp": ("an instant such as 2026-01-31T08:00:00Z", "时间，例如 2026-01-31T08:00:00Z"),
    "google.protobuf.Duration": ("a duration such as 90s", "时长，例如 90s"),
    "google.protobuf.FieldMask": ("names of fields, comma separated", "逗号分隔的字段名"),
}


def faults(message: DescMessage, value: Any, path: str = "") -> Iterator[Fault]:
    """All faults of a JSON value that should be the message."""
    if known := WELL_KNOWN.get(message.type_name):
        if not _readable(message, value):
            yield expected(path, *known)
    elif not isinstance(value, dict):
        yield expected(path or "body", "an object", "对象")
    else:
        for name, content in value.items():
            here = f"{path}.{name}" if path else name
            if field := field_named(message, name):
                yield from _field(field, content, here)
            else:
                yield _unknown(message, name, here)


def field_named(message: DescMessage, name: str) -> DescField | None:
    """The field of that JSON or proto name."""
    return next((field for field in message.fields if name in (field.json_name, field.name)), None)


def _unknown(message: DescMessage, name: str, path: str) -> Fault:
    near = difflib.get_close_matches(name, [field.json_name for field in message.fields], 1)
    en, zh = "there is no such field", "没有这个字段"
    return (path, f"{en}; did you mean {near[0]}?", f"{zh}，是否为 {near[0]}？") if near else (path, en, zh)


def _field(field: DescField, value: Any, path: str) -> Iterator[Fault]:
    if value is None:
        return
    match field.value:
        case DescFieldValueList(element=element):
            yield from _list(element, value, path)
        case DescFieldValueMap(value=element):
            yield from _map(element, value, path)
        case DescFieldValueScalar(scalar=scalar):
            yield from _element(scalar, value, path)
        case DescFieldValueEnum(enum=enum):
            yield from _element(enum, value, path)
        case DescFieldValueMessage(message=message):
            yield from faults(message, value, path)


def _list(element: Element, value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield expected(path, "an array", "数组")
        return
    for index, item in enumerate(value):
        yield from _element(element, item, f"{path}[{index}]")


def _map(element: Element, value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield expected(path, "an object", "对象")
        return
    for key, item in value.items():
        yield from _element(ScalarType.STRING, key, f'{path}["{key}"]')
        yield from _element(element, item, f'{path}["{key}"]')


def _element(element: Element, value: Any, path: str) -> Iterator[Fault]:
    if value is None:
        yield path, "null cannot stand here", "此处不能为 null"
    elif isinstance(element, DescMessage):
        yield from faults(element, value, path)
    elif isinstance(element, DescEnum):
        names = [one.name for one in element.values if one.number]
        if value not in names:
            listed = ", ".join(names)
            yield expected(path, f"one of {listed}", f"以下之一：{listed}")
    elif bounds := INTEGERS.get(element):
        if not _whole(value, *bounds):
            low, high = bounds
            yield expected(path, f"a whole number from {low} to {high}", f"{low} 到 {high} 的整数")
    elif not _fits(element, value):
        yield expected(path, *EXPECTED[element])
    elif isinstance(value, str) and "\0" in value:
        yield path, "must not contain U+0000", "不能包含空字符"


def expected(path: str, en: str, zh: str) -> Fault:
    """The fault of a value that is of another kind."""
    return path, f"must be {en}", f"应为{zh}"


def _whole(value: Any, low: int, high: int) -> bool:
    if isinstance(value, bool):
        return False
    try:
        number = Decimal(str(value))
        return number == int(number) and low <= number <= high
    except (ArithmeticError, ValueError):
        return False


def _fits(kind: ScalarType, value: Any) -> bool:
    if kind is ScalarType.BOOL:
        return isinstance(value, bool)
    if kind in (ScalarType.FLOAT, ScalarType.DOUBLE):
        try:
            float(value)
        except (ValueError, TypeError):
            return False
        return not isinstance(value, bool)
    return isinstance(value, str)


def _readable(message: DescMessage, value: Any) -> bool:
    try:
        message.type.from_json(json.dumps(value))
    except (ValueError, TypeError, OverflowError):
        return False
    return True
