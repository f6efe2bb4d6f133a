"""What reads answer with: rows, told as messages, or as the JSON that the gateway would make of these.

Names, defaults and shapes are those of protobuf's JSON mapping (protobuf.dev/programming-guides/json): what has no
presence is always there, 64-bit integers are text, enums go by name, instants are in UTC with 0, 3 or 6 places.
"""

import dataclasses
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

import orjson
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import Parse
from google.protobuf.message import Message

from services.kit.jsonrows import is_a, json_row, plain
from services.kit.masking import mask
from services.kit.money import Money

if TYPE_CHECKING:
    from services.kit.codec import Codec

M = TypeVar("M")
P = TypeVar("P", bound=Message)

LONG = frozenset(
    {
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT64,
        FieldDescriptor.TYPE_SINT64,
        FieldDescriptor.TYPE_FIXED64,
        FieldDescriptor.TYPE_SFIXED64,
    }
)


class RowReply(Generic[M]):
    """A row as the answer of a read: it becomes a message, or the JSON of that message at half the cost."""

    __slots__ = ("_codec", "_row")

    def __init__(self, codec: "Codec[Any, M]", row: Mapping[str, Any]) -> None:
        self._codec = codec
        self._row = row

    def message(self) -> M:
        """As a message."""
        return self._codec.row_to_message(self._row)

    def json(self) -> bytes:
        """As the JSON of that message."""
        return written(self._codec.row_to_json(self._row))


class PageReply(Generic[P]):
    """A page of rows as the answer of a read, as RowReply is of one."""

    __slots__ = ("_answer", "_codec", "_rows", "_token")

    def __init__(self, answer: type[P], codec: "Codec[Any, Any]", rows: list[Any], token: str) -> None:
        self._answer = answer
        self._codec = codec
        self._rows = rows
        self._token = token

    def message(self) -> P:
        """As a message."""
        found = {self._field.name: map(self._codec.row_to_message, self._rows)}
        return self._answer(next_page_token=self._token, **found)

    def json(self) -> bytes:
        """As the JSON of that message."""
        found = {self._field.json_name: list(map(self._codec.row_to_json, self._rows))}
        return written(found | {"nextPageToken": self._token})

    @property
    def _field(self) -> FieldDescriptor:
        """Where the rows stand, beside the token of the next page and nothing else."""
        fields: Any = self._answer.DESCRIPTOR.fields  # typed as of either implementation of protobuf
        items: FieldDescriptor
        items, _ = sorted(fields, key=lambda field: field.name == "next_page_token")
        return items


class RetoldReply(PageReply[P]):
    """A page whose rows are JSON already (see retold)."""

    __slots__ = ()

    def message(self) -> P:
        """As a message: for a page that is too long to be sent as JSON."""
        return Parse(self.json(), self._answer())

    def json(self) -> bytes:
        """As the JSON of that message."""
        return written({self._field.json_name: self._rows, "nextPageToken": self._token})


def written(value: Any) -> bytes:
    """What `row_to_json` made, as text."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def compiled(cls: type, message: Descriptor) -> Callable[[Any], dict[str, Any]]:
    """row_to_json(row) -> what `written` writes as the JSON of the message, personal data masked."""
    return _compiled(cls, message, row=True)


def _compiled(cls: type, message: Descriptor, *, row: bool) -> Callable[[Any], dict[str, Any]]:
    source = _Source(cls, message, row)
    text = "def to_json(o):\n j = {" + ", ".join(source.always) + "}\n" + "".join(source.given) + " return j\n"
    exec(text, source.names)  # noqa: S102 - our own source, from types
    return source.names["to_json"]  # type: ignore[no-any-return] # the function that the text defines


class _Source:
    """The parts of one function: `always` are items of a dict display, `given` statements for what may be unset."""

    def __init__(self, cls: Any, message: Descriptor, row: bool) -> None:
        hints = typing.get_type_hints(cls)
        kinds = {field.name: plain(hints[field.name]) for field in dataclasses.fields(cls)}
        self.names: dict[str, Any] = {"instant": _instant, "mask": mask}
        self.always: list[str] = []
        self.given: list[str] = []
        for field in message.fields:
            if field.name in kinds:
                self._put(field, *kinds[field.name], row)
            elif not field.has_presence:
                self.always.append(f"{field.json_name!r}: {_empty(field)}")

    def _put(self, field: FieldDescriptor, kind: Any, optional: bool, row: bool) -> None:
        at, name = f"o[{field.name!r}]" if row else f"o.{field.name}", field.json_name
        if not optional and not _many(field):
            self.always.append(f"{name!r}: {self._value(field, kind, at, row)}")
        elif field.has_presence:
            self.given.append(f" v = {at}\n if v is not None:\n  j[{name!r}] = {self._value(field, kind, 'v', row)}\n")
        else:
            there = f"(v := {at})" if _many(field) else f"(v := {at}) is not None"
            self.always.append(f"{name!r}: {self._value(field, kind, 'v', row)} if {there} else {_empty(field)}")

    def _value(self, field: FieldDescriptor, kind: Any, v: str, row: bool) -> str:
        """The expression for a value that is there."""
        if kind is datetime:
            return f"instant({v})"
        if kind is Money:
            amount, currency = (v, f"o['{field.name}_currency']") if row else (f"{v}.amount", f"{v}.currency")
            return f"{{'amount': format({amount}, '.2f'), 'currency': {currency}}}"
        if kind in (UUID, Decimal, date):
            return f"str({v})"
        if is_a(kind, StrEnum):
            return f"{self._use(field.name, {member: member.name for member in kind})}[{v}]"
        if dataclasses.is_dataclass(kind) or typing.get_origin(kind):
            return self._shaped(field, kind, v, row)
        return f"mask({v})" if field.GetOptions().debug_redact else _scalar(field, v)

    def _shaped(self, field: FieldDescriptor, kind: Any, v: str, row: bool) -> str:
        """The expression for what has parts."""
        if dataclasses.is_dataclass(kind):
            return self._nested(kind, field, v, row)
        if typing.get_origin(kind) is not dict:
            return self._items(typing.get_args(kind)[0], field, v, row)
        if _part(field).fields_by_name["value"].type != FieldDescriptor.TYPE_STRING:
            raise TypeError(f"{field.full_name}: of a map only texts are told")
        return v

    def _items(self, item: Any, field: FieldDescriptor, v: str, row: bool) -> str:
        if dataclasses.is_dataclass(item):
            return f"[{self._nested(item, field, 'i', row)} for i in {v}]"
        if item is UUID:
            return f"list(map(str, {v}))"
        return v if (one := _scalar(field, "i")) == "i" else f"[{one} for i in {v}]"

    def _nested(self, kind: Any, field: FieldDescriptor, v: str, row: bool) -> str:
        inner = self._use(f"{field.name}_json", _compiled(kind, _part(field), row=False))
        return (
            f"{inner}({self._use(f'{field.name}_load', json_row(kind, 'from_row'))}({v}))" if row else f"{inner}({v})"
        )

    def _use(self, name: str, value: Any) -> str:
        self.names[f"_{name}"] = value
        return f"_{name}"


def _many(field: FieldDescriptor) -> bool:
    return bool(field.is_repeated)


def _part(field: FieldDescriptor) -> Descriptor:
    assert field.message_type, f"{field.full_name} is no message in the proto"
    return field.message_type


def _scalar(field: FieldDescriptor, v: str) -> str:
    if field.type in LONG:
        return f"str({v})"
    if field.type in (FieldDescriptor.TYPE_ENUM, FieldDescriptor.TYPE_BYTES, FieldDescriptor.TYPE_MESSAGE):
        raise TypeError(f"{field.full_name}: nobody has said how this is told from a row")
    return v


def _empty(field: FieldDescriptor) -> str:
    """What a field without presence says where nothing was set."""
    if _many(field):
        return "{}" if field.message_type and field.message_type.GetOptions().map_entry else "[]"
    if field.enum_type:
        return repr(field.enum_type.values_by_number[0].name)
    if field.type in LONG:
        return '"0"'
    return repr(field.default_value)


def _instant(at: datetime) -> Any:
    """An instant as `written` writes it: by itself with 0 or 6 places, so what ends in thousandths is text already."""
    if at.microsecond % 1000 or not at.microsecond:
        return at
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
