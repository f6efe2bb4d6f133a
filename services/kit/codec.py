"""One way to translate between a domain dataclass, its protobuf message and its row, compiled once a type.

Names are the same in all three. UUID and date <-> string, datetime <-> Timestamp, StrEnum <-> enum by name,
Money <-> Money message <-> the columns `x` and `x_currency`, dict <-> map <-> JSON, a list of
dataclasses <-> repeated messages <-> JSON. None <-> unset <-> NULL. A field marked `debug_redact`
in the proto is masked in messages unless revealed.
"""

import dataclasses
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic
from uuid import UUID

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from typing_extensions import TypeVar

from services.kit import replies
from services.kit.errors import Invalid
from services.kit.jsonrows import is_a, json_row, plain
from services.kit.masking import mask
from services.kit.money import Money

T = TypeVar("T")
M = TypeVar("M", default=Any)
P = TypeVar("P", bound=Message)
COMPILED = ("to_message", "row_to_message", "from_message", "from_row", "to_row")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_timestamp(at: datetime) -> Timestamp:
    """An instant as the wire has it, to the microsecond."""
    span = at - _EPOCH
    return Timestamp(seconds=span.days * 86400 + span.seconds, nanos=span.microseconds * 1000)


def optional_id(text: str) -> UUID | None:
    """An id of the wire, which is empty where there is none."""
    return UUID(text) if text else None


class NoSuchInstant(Invalid):
    """A Timestamp that google.protobuf does not allow, yet every binary message can hold."""

    en = "an instant lies in the years 1 to 9999 and has 0 to 999999999 nanoseconds"
    zh = "时间必须在公元 1 年至 9999 年之间，纳秒为 0 至 999999999"


def from_timestamp(stamp: Timestamp) -> datetime:
    """An instant of the wire, to the microsecond. Refused: NO_SUCH_INSTANT."""
    try:
        return datetime.fromtimestamp(stamp.seconds, UTC).replace(microsecond=stamp.nanos // 1000)
    except (ValueError, OverflowError, OSError):
        raise NoSuchInstant from None


class Codec(Generic[T, M]):
    """The translations of one type, compiled to straight-line Python when the first is used: most processes need few.

    `message` is None for what is kept and never told: `Codec[Session, None]`.
    """

    to_message: Callable[..., M]
    """to_message(obj, revealed=False) -> message."""
    row_to_message: Callable[..., M]
    """row_to_message(row, revealed=False) -> message: what reads answer with, without the object in between."""
    row_to_json: Callable[[Any], dict[str, Any]]
    """row_to_json(row) -> the message's JSON, personal data masked (see services/kit/replies.py)."""
    from_message: Callable[[Any], T]
    """from_message(message) -> obj: fields that the message lacks keep the dataclass's default."""
    from_row: Callable[[Any], T]
    """from_row(row) -> obj."""
    to_row: Callable[[T], dict[str, Any]]
    """to_row(obj) -> column values by name."""

    def __init__(self, cls: type[T], message: type[M] | None) -> None:
        self.cls = cls
        self.message = message

    def __getattr__(self, name: str) -> Any:
        """Called only for what is not there: before the first use."""
        if name == "row_to_json" and self.message is not None:
            self.row_to_json = replies.compiled(self.cls, self.message.DESCRIPTOR)  # type: ignore[attr-defined] # M is a message
        elif name in COMPILED:
            source = _Source(self.cls, self.message)
            for each in COMPILED:
                setattr(self, each, source.function(each))
        else:
            raise AttributeError(name)
        return getattr(self, name)

    def reply(self, row: Mapping[str, Any]) -> replies.RowReply[M]:
        """The row as the answer of a read."""
        return replies.RowReply(self, row)

    def page(self, answer: type[P], rows: list[Any], token: str) -> replies.PageReply[P]:
        """A page of rows as the answer of a read: `answer` has one repeated field, of this codec's message."""
        return replies.PageReply(answer, self, rows, token)


class _Source:
    def __init__(self, cls: Any, message: Any) -> None:
        hints = typing.get_type_hints(cls)
        fields = [(f.name, hints[f.name]) for f in dataclasses.fields(cls)]
        by_name: Mapping[str, FieldDescriptor] = message.DESCRIPTOR.fields_by_name if message else {}
        self.names: dict[str, Any] = {
            "cls": cls,
            "message": message,
            "from_timestamp": from_timestamp,
            "EPOCH": _EPOCH,
            "UUID": UUID,
            "Money": Money,
            "Decimal": Decimal,
            "date": date,
            "mask": mask,
        }
        outward, direct, inward, load, store = [], [], [], [], []
        for name, hint in fields:
            kind, optional = plain(hint)
            store.append(self._store(name, kind, optional))
            load.append(f"{name}={self._load(name, kind, optional)}")
            if name in by_name:
                outward.append(self._outward(name, kind, optional, by_name[name], row=False))
                direct.append(self._outward(name, kind, optional, by_name[name], row=True))
                inward.append(f"{name}={self._inward(name, kind, optional, by_name[name])}")
        self.code = {
            "to_message": "def to_message(o, revealed=False):\n m = message()\n" + "".join(outward) + " return m\n",
            "row_to_message": "def row_to_message(r, revealed=False):\n m = message()\n"
            + "".join(direct)
            + " return m\n",
            "from_message": f"def from_message(m):\n return cls({', '.join(inward)})\n",
            "from_row": f"def from_row(r):\n return cls({', '.join(load)})\n",
            "to_row": f"def to_row(o):\n return {{{', '.join(store)}}}\n",
        }

    def function(self, name: str) -> Any:
        exec(self.code[name], self.names)  # noqa: S102 - our own source, from types
        return self.names[name]

    def _use(self, value: Any) -> str:
        name = f"_{value.__name__}_{id(value)}"
        self.names[name] = value
        return name

    def _outward(self, name: str, kind: Any, optional: bool, field: FieldDescriptor, row: bool) -> str:
        """The statements that put one field of the object `o`, or of the row `r`, into the message `m`."""
        v = "v"
        # What is empty is the default of a field without presence, and most fields of a row are empty.
        empty = optional or typing.get_origin(kind) in (list, tuple, dict)
        if kind is datetime:
            put = f"s = {v} - EPOCH; t = m.{name}; "
            put += "t.seconds = s.days * 86400 + s.seconds; t.nanos = s.microseconds * 1000"
        elif kind is Money:
            amount, currency = (v, f"r['{name}_currency']") if row else (f"{v}.amount", f"{v}.currency")
            put = f"t = m.{name}; t.amount = format({amount}, '.2f'); t.currency = {currency}"
        elif kind in (UUID, Decimal, date):
            put = f"m.{name} = str({v})"
        elif is_a(kind, StrEnum):
            assert field.enum_type, f"{name} is no enum in the proto"
            numbers = {value.name: value.number for value in field.enum_type.values}
            self.names[f"_numbers_{name}"] = {member: numbers[member.name] for member in kind}
            put = f"m.{name} = _numbers_{name}[{v}]"
        elif dataclasses.is_dataclass(kind):
            put = f"m.{name}.CopyFrom({self._nested_out(kind, field, v, row)})"
        elif typing.get_origin(kind) is dict:
            put = f"t = m.{name}\n  for i in {v}: t[i] = {v}[i]"  # `update` is Python of the standard library
        elif typing.get_origin(kind) in (list, tuple):
            put = f"m.{name}.extend({self._items(kind, field, v, row)})"
        elif field.GetOptions().debug_redact:
            put = f"m.{name} = {v} if revealed else mask({v})"
            empty = optional or not field.has_presence
        else:
            put = f"m.{name} = {v}"
            empty = optional or not field.has_presence
        given = f" if {v}{' is not None' if optional else ''}:\n  {put}\n" if empty else f" {put}\n"
        return f" v = {f'r[{name!r}]' if row else f'o.{name}'}\n{given}"

    def _items(self, kind: Any, field: FieldDescriptor, v: str, row: bool) -> str:
        item = typing.get_args(kind)[0]
        if item is UUID:
            return f"map(str, {v})"
        if dataclasses.is_dataclass(item):
            return f"[{self._nested_out(item, field, 'i', row)} for i in {v}]"
        return v

    def _nested_out(self, kind: Any, field: FieldDescriptor, v: str, row: bool) -> str:
        loaded = f"{self._nested(kind, None, 'from_row')}({v})" if row else v
        return f"{self._nested(kind, field.message_type, 'to_message')}({loaded}, revealed)"

    def _inward(self, name: str, kind: Any, optional: bool, field: FieldDescriptor) -> str:
        """The expression that takes one field out of the message `m`."""
        v = f"m.{name}"
        enum: Any = field.enum_type
        if kind is datetime:
            get = f"from_timestamp({v})"
        elif kind is Money:
            get = f"Money(Decimal({v}.amount), {v}.currency)"
        elif kind in (UUID, Decimal):
            get = f"{kind.__name__}({v})"
        elif kind is date:
            get = f"date.fromisoformat({v})"
        elif is_a(kind, StrEnum):
            self.names[f"_members_{name}"] = {
                number: kind[value.name]
                for number, value in enum.values_by_number.items()
                if value.name in kind.__members__
            }
            get = f"_members_{name}.get({v})"
        elif dataclasses.is_dataclass(kind):
            get = f"{self._nested(kind, field.message_type, 'from_message')}({v})"
        elif typing.get_origin(kind) is dict:
            get = f"dict({v})"
        elif typing.get_origin(kind) in (list, tuple):
            get = self._taken(kind, field, v)
        else:
            get = v
        if not optional:
            return get
        given = f"m.HasField({name!r})" if field.has_presence else v
        return f"({get} if {given} else None)"

    def _taken(self, kind: Any, field: FieldDescriptor, v: str) -> str:
        item = typing.get_args(kind)[0]
        each = "UUID(i)" if item is UUID else "i"
        if dataclasses.is_dataclass(item):
            each = f"{self._nested(item, field.message_type, 'from_message')}(i)"
        return f"{typing.get_origin(kind).__name__}({each} for i in {v})"

    def _load(self, name: str, kind: Any, optional: bool) -> str:
        """The expression that takes one field out of the row `r`."""
        v = f"r[{name!r}]"
        if kind is Money:
            get = f"Money({v}, r['{name}_currency'])"
        elif is_a(kind, StrEnum):
            get = f"{self._use(kind)}({v})"
        elif dataclasses.is_dataclass(kind):
            get = f"{self._nested(kind, None, 'from_row')}({v})"
        elif typing.get_origin(kind) in (list, tuple) and dataclasses.is_dataclass(typing.get_args(kind)[0]):
            nested = self._nested(typing.get_args(kind)[0], None, "from_row")
            get = f"{typing.get_origin(kind).__name__}({nested}(i) for i in {v})"
        elif typing.get_origin(kind) is tuple:
            get = f"tuple({v})"
        else:
            get = v
        return f"({get} if {v} is not None else None)" if optional and get != v else get

    def _store(self, name: str, kind: Any, optional: bool) -> str:
        """The dict items that put one field into a row."""
        v = f"o.{name}"
        if kind is Money:
            none = f" if {v} is not None else None" if optional else ""
            return f"{name!r}: {v}.amount{none}, '{name}_currency': {v}.currency{none}"
        if dataclasses.is_dataclass(kind):
            put = f"{self._nested(kind, None, 'to_row')}({v})"
            return f"{name!r}: {put if not optional else f'({put} if {v} is not None else None)'}"
        if typing.get_origin(kind) in (list, tuple) and dataclasses.is_dataclass(typing.get_args(kind)[0]):
            return f"{name!r}: [{self._nested(typing.get_args(kind)[0], None, 'to_row')}(i) for i in {v}]"
        return f"{name!r}: {v}"

    def _nested(self, kind: Any, descriptor: Descriptor | None, way: str) -> str:
        name = f"_{kind.__name__}_{way}"
        if name not in self.names:
            inner = _Source(kind, GetMessageClass(descriptor) if descriptor else None)
            inner.names |= {k: v for k, v in self.names.items() if k not in inner.names}
            json = way in ("from_row", "to_row")
            self.names[name] = json_row(kind, way) if json else inner.function(way)
        return name
