"""Protobuf messages that no honest caller makes: as bytes, and as values at the edge of what a field may hold."""

from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import UUID

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

MANY = 100_000
LARGE = 5 << 20
DEEP = 5_000
TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "x" * 5_000,
    "\u202e\ufeff\u2028",
    "=cmd|'/c calc'!A1",
    "'; DROP TABLE leads; --",
    "%_\\%",
    "{field}",
    "{0.__class__}",
    "\U0010ffff",
    "2026-02-30",
    "9999-12-31",
    "0000-00-00",
    "99999999999999999999.99",
    "-0.00",
    "1e400",
    "NaN",
    "create_time desc; --",
    "\x7f\x80",
)
WHOLE = (0, 1, -1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63))
REAL = (0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1e308, 5e-324)
VALUES: dict[int, tuple[Any, ...]] = {
    FieldDescriptor.CPPTYPE_BOOL: (False, True),
    FieldDescriptor.CPPTYPE_DOUBLE: REAL,
    FieldDescriptor.CPPTYPE_FLOAT: REAL[:5],
    FieldDescriptor.CPPTYPE_INT32: WHOLE[:5],
    FieldDescriptor.CPPTYPE_INT64: WHOLE,
    FieldDescriptor.CPPTYPE_UINT32: (0, 1, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 1, 2**64 - 1),
}


def raw(kind: Descriptor, random: Random) -> Iterator[tuple[str, bytes]]:
    """Bytes for a method that takes `kind`, with what is wrong with them."""
    yield "noise", random.randbytes(random.randrange(1, 300))
    yield "truncated", _truncated(kind, random)
    yield "bad UTF-8", b"".join(_field(one.number, b"\xff\xfe\x80") for one in kind.fields if one.cpp_type == 9)
    yield "wrong wire types", b"".join(_tag(one.number, random.choice((0, 1, 5))) + b"\1" * 8 for one in kind.fields)
    yield "deep groups", _tag(1, 3) * DEEP + _tag(1, 4) * DEEP
    yield "deep messages", _nested(DEEP)
    yield "field numbers beyond all", _tag((1 << 29) - 1, 0) + b"\1" + b"\x80" * 10
    for one in kind.fields:
        if one.is_repeated and one.cpp_type in (9, 10):
            yield "100,000 items", _field(one.number, b"") * MANY
            break


def large(kind: Descriptor) -> bytes:
    """More than any server takes."""
    return _field(1, b"x" * LARGE)


def filled(kind: Descriptor, random: Random, depth: int = 0) -> Message:
    """A message that can be read, with values at the edge in fields chosen by chance."""
    message: Any = GetMessageClass(kind)()
    for one in kind.fields:
        if random.random() < 0.3 or depth > 4:
            continue
        if one.message_type and one.message_type.GetOptions().map_entry:
            if one.message_type.fields_by_name["value"].cpp_type == 9:
                getattr(message, one.name).update({_text(random): _text(random) for _ in range(random.randrange(3))})
        elif one.is_repeated:
            values = [_value(one, random, depth) for _ in range(random.randrange(4))]
            getattr(message, one.name).extend(values)
        elif one.message_type:
            getattr(message, one.name).CopyFrom(_value(one, random, depth))
        else:
            setattr(message, one.name, _value(one, random, depth))
    return message


def _value(field: FieldDescriptor, random: Random, depth: int) -> Any:
    if field.message_type:
        return filled(field.message_type, random, depth + 1)
    if field.enum_type:
        return random.choice([*(one.number for one in field.enum_type.values), 99, -1])
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return random.randbytes(9) if field.type == FieldDescriptor.TYPE_BYTES else _text(random)
    return random.choice(VALUES[field.cpp_type])


def _text(random: Random) -> str:
    if random.random() < 0.4:
        return str(UUID(int=random.getrandbits(128), version=4))
    return random.choice(TEXTS)


def _truncated(kind: Descriptor, random: Random) -> bytes:
    whole = b"".join(_field(one.number, b"abcdefgh") for one in kind.fields) or _field(1, b"abcdefgh")
    return whole[: random.randrange(1, len(whole))]


def _nested(depth: int) -> bytes:
    inner = b""
    for _ in range(min(depth, 2_000)):
        inner = _field(1, inner)
    return inner


def _field(number: int, content: bytes) -> bytes:
    return _tag(number, 2) + _varint(len(content)) + content


def _tag(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])
