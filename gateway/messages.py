"""JSON Schemas of the contract's messages, as they come in and as they go out."""

from collections.abc import Iterator, Mapping
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

from gateway.comments import comments
from gateway.constraints import Schema, items, keywords, must_be_given, rules_of

IN, OUT = "in", "out"
LONG = {"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$"}
SCALARS: Mapping[ScalarType, Schema] = {
    ScalarType.STRING: {"type": "string"},
    ScalarType.BOOL: {"type": "boolean"},
    ScalarType.BYTES: {"type": "string", "contentEncoding": "base64"},
    ScalarType.DOUBLE: {"type": "number", "format": "double"},
    ScalarType.FLOAT: {"type": "number", "format": "float"},
    **{
        kind: {"type": "integer", "format": "int32"}
        for kind in (ScalarType.INT32, ScalarType.SINT32, ScalarType.SFIXED32)
    },
    **{kind: {"type": "integer", "minimum": 0} for kind in (ScalarType.UINT32, ScalarType.FIXED32)},
    **dict.fromkeys((ScalarType.INT64, ScalarType.SINT64, ScalarType.SFIXED64), LONG),
    **dict.fromkeys((ScalarType.UINT64, ScalarType.FIXED64), LONG),
}
WELL_KNOWN: Mapping[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": "^-?[0-9]+([.][0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Value": {},
    "google.protobuf.Empty": {"type": "object"},
}


class Messages:
    """Collects the messages that routes speak of, and gives each the plainest name that is unmistakable."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, frozenset[str]], tuple[DescMessage, Schema]] = {}

    def use(self, message: DescMessage, way: str, without: frozenset[str] = frozenset()) -> Schema:
        """A reference to the message, without the fields that a path sets. Resolved by `resolve`."""
        if message.type_name in WELL_KNOWN:
            return dict(WELL_KNOWN[message.type_name])
        key = (way, message.type_name, without)
        if key not in self._known:
            self._known[key] = (message, {})
            self._known[key] = (message, self._object(message, way, without))
        return {"$ref": key}

    def field(self, field: DescField, way: str) -> Schema:
        """The schema of one field."""
        rules = rules_of(field) if way == IN or field.parent.name == "Money" else None
        match field.value:
            case DescFieldValueList(element=element):
                said = {"type": "array", "items": self._element(element, way) | keywords(items(rules))}
            case DescFieldValueMap(value=element):
                said = {"type": "object", "additionalProperties": self._element(element, way) | keywords(items(rules))}
            case (
                DescFieldValueScalar(scalar=element)
                | DescFieldValueEnum(enum=element)
                | DescFieldValueMessage(message=element)
            ):
                said = self._element(element, way)
        text = comments().get(f"{field.parent.type_name}.{field.name}", "") + _values(field)
        return said | keywords(rules) | ({"description": text} if text else {})

    def components(self) -> dict[str, Schema]:
        """All messages by their final names, the way in where both ways are one. References are not resolved yet."""
        names = self.names()
        found = {names[key]: schema for way in (OUT, IN) for key, (_, schema) in self._known.items() if key[0] == way}
        return dict(sorted(found.items()))

    def resolve(self, document: Any) -> Any:
        """The document with all references by name."""
        names = self.names()

        def walk(value: Any) -> Any:
            if isinstance(value, dict):
                if isinstance(ref := value.get("$ref"), tuple):
                    value = value | {"$ref": f"#/components/schemas/{names[ref]}"}
                return {name: walk(one) for name, one in value.items()}
            return [walk(one) for one in value] if isinstance(value, list) else value

        return walk(document)

    def names(self) -> dict[tuple[str, str, frozenset[str]], str]:
        """The name of each message: its own, with its service's in front where two services share it."""
        plain: dict[str, set[str]] = {}
        for message, _ in self._known.values():
            plain.setdefault(_plain(message), set()).add(message.type_name)
        differs = self._differing()
        found = {}
        for key, (message, _) in self._known.items():
            way, type_name, without = key
            name = _plain(message)
            if len(plain[name]) > 1:
                name = type_name.split(".")[1].capitalize() + name
            variants = {other[2] for other in self._known if other[:2] == (way, type_name)}
            if without and len(variants) > 1:
                name += "Without" + "And".join(one.title().replace("_", "") for one in sorted(without))
            found[key] = name + ("Input" if way == IN and type_name in differs else "")
        return found

    def _differing(self) -> set[str]:
        """The messages that go in and out in different shapes, themselves or by what they hold."""
        ways: dict[str, dict[str, Schema]] = {}
        for (way, type_name, without), (_, schema) in self._known.items():
            if not without:
                ways.setdefault(type_name, {})[way] = schema
        both = {name: shapes for name, shapes in ways.items() if len(shapes) == 2}
        differs = {name for name, shapes in both.items() if _bare(shapes[IN]) != _bare(shapes[OUT])}
        while more := {
            name for name, shapes in both.items() if name not in differs and differs & set(_references(shapes[IN]))
        }:
            differs |= more
        return differs

    def _object(self, message: DescMessage, way: str, without: frozenset[str]) -> Schema:
        fields = [field for field in message.fields if field.name not in without]
        said: Schema = {"type": "object"}
        if text := comments().get(message.type_name):
            said["description"] = text
        said["properties"] = {field.json_name: self.field(field, way) for field in fields}
        needed = [field.json_name for field in fields if (must_be_given(field) if way == IN else _always_there(field))]
        if needed:
            said["required"] = needed
        if way == IN:
            said["additionalProperties"] = False
        return said

    def _element(self, element: ScalarType | DescEnum | DescMessage, way: str) -> Schema:
        if isinstance(element, DescMessage):
            return self.use(element, way)
        if isinstance(element, DescEnum):
            return {"type": "string", "enum": [one.name for one in element.values if one.number or way == OUT]}
        return dict(SCALARS[element])


def _values(field: DescField) -> str:
    """What each value of an enum means."""
    if not isinstance(field.value, DescFieldValueEnum):
        return ""
    enum = field.value.enum
    told = [
        f"\n- {one.name}: {comments().get(f'{enum.type_name}.{one.name}', '')}" for one in enum.values if one.number
    ]
    return "\n" + "".join(told)


def _always_there(field: DescField) -> bool:
    """An answer leaves out only what has presence: messages, optional fields and members of a oneof."""
    return field.presence.name == "IMPLICIT"


def _plain(message: DescMessage) -> str:
    return f"{_plain(message.parent)}{message.name}" if message.parent else message.name


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(ref := value.get("$ref"), tuple):
            yield ref[1]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _references(one)


def _bare(value: Any) -> Any:
    """A schema for comparison: which way a reference goes is settled elsewhere."""
    if isinstance(value, dict):
        return {
            name: one[1] if name == "$ref" else _bare(one)
            for name, one in value.items()
            if name != "additionalProperties" or one is not False
        }
    return [_bare(one) for one in value] if isinstance(value, list) else value
