"""What columns can be mapped to: the fields of a kind's item, derived from the contract."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

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

from gateway.comments import comments
from gateway.constraints import keywords, must_be_given, rules_of
from gateway.diagnosis import INTEGERS
from gateway.imports.kinds import Kind

MONEY = "dealtrail.type.v1.Money"
INSTANT = "google.protobuf.Timestamp"
REFERENCES = {
    "ownerId": "users",
    "authorId": "users",
    "accountId": "accounts",
    "parentId": "accounts",
    "leadId": "leads",
    "dealId": "deals",
    "contractId": "contracts",
}
"""What a field with an id names."""
WAYS = {
    "username": "The name for signing in of the user. ",
    "name": "The name, as it is written there. ",
    "number": "The number, as it is written there. ",
    "externalId": "The externalId that it was imported by, under the same key. ",
}
"""What each way of naming something means."""
NAMED_BY = {
    "users": ("username", "name"),
    "accounts": ("name", "externalId"),
    "contracts": ("number", "externalId"),
}
"""The ways of naming, where there are others than externalId."""


class Type(StrEnum):
    """What a cell must hold; see proto/dealtrail/imports/v1/fields.proto."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    AMOUNT = "AMOUNT"
    DATE = "DATE"
    TIME = "TIME"
    FLAG = "FLAG"
    CHOICE = "CHOICE"
    REFERENCE = "REFERENCE"


@dataclass(frozen=True)
class Field:
    """Something that a column can be mapped to."""

    path: str
    """As it is named in a mapping: `[n]` and `*` stand for a number and a name."""
    type: Type
    place: tuple[str, ...]
    """Where it stands in the item's JSON, step by step; "[n]" is a step."""
    comment: str
    required: bool = False
    values: tuple[str, ...] = ()
    whole: bool = False
    """Whether a NUMBER has no places."""
    names: str = ""
    """Of a REFERENCE, what it names: "users", "accounts" …, the kind itself for its own externalId."""
    by: str = ""
    """Of a REFERENCE, by what: "username", "name", "number" or "externalId"."""


@cache
def fields_of(kind: Kind) -> dict[str, Field]:
    """The fields of a kind by path, required ones first."""
    found = [_own_id(kind), *_message(kind, kind.item.desc(), "", ())]
    found.sort(key=lambda field: not field.required)
    return {field.path: field for field in found}


def _own_id(kind: Kind) -> Field:
    place = (*((kind.carrier,) if kind.carrier else ()), "id")
    comment = (
        "A key of your own for the row, such as its number in another system. Rows of the same key are recorded once."
    )
    return Field("externalId", Type.REFERENCE, place, comment, names=kind.name, by="externalId")


def _message(kind: Kind, message: DescMessage, path: str, place: tuple[str, ...]) -> Iterator[Field]:
    for field in message.fields:
        here, there = f"{path}{field.json_name}", (*place, field.json_name)
        if field.json_name == kind.carrier and not place:
            assert isinstance(field.value, DescFieldValueMessage)
            yield from _message(kind, field.value.message, "", there)
            continue
        needed = place in ((), (kind.carrier,)) and must_be_given(field)
        for one in _field(kind, field, here, there):
            yield replace(one, required=True) if needed and one.path == here else one


def _field(kind: Kind, field: DescField, path: str, place: tuple[str, ...]) -> Iterator[Field]:
    comment = comments().get(f"{field.parent.type_name}.{field.name}", "")
    match field.value:
        case DescFieldValueMap():
            yield Field(f"{path}.*", Type.TEXT, (*place, "*"), comment)
        case DescFieldValueList(element=DescMessage() as message):
            yield from _message(kind, message, f"{path}[n].", (*place, "[n]"))
        case DescFieldValueList():
            yield Field(f"{path}[n]", Type.TEXT, (*place, "[n]"), comment)
        case DescFieldValueMessage(message=message) if message.type_name == MONEY:
            yield Field(path, Type.AMOUNT, (*place, "amount"), comment)
            yield Field(f"{path}.currency", Type.TEXT, (*place, "currency"), "The ISO 4217 code of its currency.")
        case DescFieldValueMessage(message=message) if message.type_name == INSTANT:
            yield Field(path, Type.TIME, place, comment)
        case DescFieldValueMessage(message=message):
            yield from _message(kind, message, f"{path}.", place)
        case DescFieldValueEnum(enum=enum):
            yield Field(path, Type.CHOICE, place, comment, values=_names(enum))
        case DescFieldValueScalar(scalar=scalar):
            yield _scalar(field, scalar, path, place, comment)
            yield from _references(field.json_name, path, place, comment)


def _scalar(field: DescField, scalar: ScalarType, path: str, place: tuple[str, ...], comment: str) -> Field:
    if scalar is ScalarType.BOOL:
        return Field(path, Type.FLAG, place, comment)
    if scalar is ScalarType.STRING:
        return Field(path, Type.DATE if _is_day(field) else Type.TEXT, place, comment)
    return Field(path, Type.NUMBER, place, comment, whole=scalar in INTEGERS)


def _is_day(field: DescField) -> bool:
    """Whether the field's rule takes days and nothing like them."""
    pattern: str = keywords(rules_of(field)).get("pattern", "")
    return bool(pattern and re.search(pattern, "2026-01-31") and not re.search(pattern, "31.1.2026"))


def _references(name: str, path: str, place: tuple[str, ...], comment: str) -> Iterator[Field]:
    if (names := REFERENCES.get(name)) is None:
        return
    for by in NAMED_BY.get(names, ("externalId",)):
        yield Field(f"{path.removesuffix('Id')}.{by}", Type.REFERENCE, place, WAYS[by] + comment, names=names, by=by)


def _names(enum: DescEnum) -> tuple[str, ...]:
    return tuple(one.name for one in enum.values if one.number)
