"""Dataclasses inside a JSON column: UUID, Decimal, Money, dates and instants as text."""

import dataclasses
import types
import typing
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.kit.money import Money


def json_row(kind: Any, way: str) -> Any:
    """The function that turns objects of a dataclass into JSON values (`to_row`) or back (`from_row`)."""
    hints = {name: plain(hint)[0] for name, hint in typing.get_type_hints(kind).items()}
    if way == "to_row":
        return lambda o: {n: _to_json(getattr(o, n)) for n in hints}
    return lambda r: kind(**{n: _from_json(r[n], hints[n]) for n in hints if n in r})


def _to_json(value: Any) -> Any:
    if isinstance(value, Money):
        return [str(value.amount), value.currency]
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {f.name: _to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value.isoformat() if hasattr(value, "isoformat") else value


def _from_json(value: Any, kind: Any) -> Any:
    if value is None:
        return None
    if kind is Money:
        return Money(Decimal(value[0]), value[1])
    if kind in (UUID, Decimal) or is_a(kind, StrEnum):
        return kind(value)
    return kind.fromisoformat(value) if kind in (date, datetime) else _nested(value, kind)


def _nested(value: Any, kind: Any) -> Any:
    if typing.get_origin(kind) in (list, tuple):
        item = typing.get_args(kind)[0]
        return typing.get_origin(kind)(_from_json(one, item) for one in value)
    if dataclasses.is_dataclass(kind):
        return json_row(kind, "from_row")(value)
    return value


def plain(hint: Any) -> tuple[Any, bool]:
    """The type without `| None`, and whether it had it."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        args = [a for a in typing.get_args(hint) if a is not type(None)]
        return args[0], True
    return hint, False


def is_a(kind: Any, parent: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, parent)
