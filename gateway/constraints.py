"""The contract's validation rules (buf.validate) as JSON Schema keywords."""

import re
from typing import Any

from protobuf import DescField

Schema = dict[str, Any]

FORMATS = {"uuid": "uuid", "email": "email", "hostname": "hostname", "uri": "uri", "ipv4": "ipv4", "ipv6": "ipv6"}


def rules_of(field: DescField) -> Any:
    """The rules of a field; None if it has none."""
    from wire.buf.validate import validate_pb  # noqa: PLC0415 - late: no start waits for it

    options = field.proto.options
    return options[validate_pb.ext_field] if options and validate_pb.ext_field in options else None


def keywords(rules: Any) -> Schema:
    """What a value must be, as far as JSON Schema can say it."""
    if rules is None or rules.type is None or rules.ignore.name == "ALWAYS":
        return {}
    kind, rule = rules.type.field, rules.type.value
    match kind:
        case "string":
            return _text(rule)
        case "repeated":
            return _present(minItems=rule.min_items, maxItems=rule.max_items, uniqueItems=rule.unique)
        case "map":
            return _present(minProperties=rule.min_pairs, maxProperties=rule.max_pairs) | _keys(rule)
        case "enum" | "bool" | "bytes" | "timestamp" | "duration" | "any" | "field_mask":
            return {}
        case _:
            return _number(rule)


def items(rules: Any) -> Any:
    """The rules of a list's items or a map's values; None if there are none."""
    if rules is None or rules.type is None:
        return None
    rule = rules.type.value
    return {"repeated": getattr(rule, "items", None), "map": getattr(rule, "values", None)}.get(rules.type.field)


def must_be_given(field: DescField) -> bool:
    """Whether a request without the field is refused: it is required, or its zero value breaks a rule."""
    rules = rules_of(field)
    if rules is None:
        return False
    if rules.required:
        return True
    if rules.type is None or rules.ignore.name != "UNSPECIFIED" or field.presence.name == "EXPLICIT":
        return False
    said = keywords(rules)
    if rules.type.field == "enum":
        return 0 in rules.type.value.not_in
    return (
        said.get("minLength", 0) > 0
        or said.get("minItems", 0) > 0
        or said.get("minimum", 0) > 0
        or said.get("exclusiveMinimum", -1) >= 0
        or said.get("format") in FORMATS.values()
        or ("pattern" in said and not re.search(said["pattern"], ""))
        or ("enum" in said and not {"", 0} & set(said["enum"]))
    )


def _text(rule: Any) -> Schema:
    said = _present(minLength=rule.min_len, maxLength=rule.max_len, pattern=rule.pattern, enum=list(rule.in_))
    if rule.well_known is not None and rule.well_known.field in FORMATS:
        said["format"] = FORMATS[rule.well_known.field]
    if rule.has_field("const"):
        said["const"] = rule.const
    if rule.len:
        said |= {"minLength": rule.len, "maxLength": rule.len}
    return said


def _number(rule: Any) -> Schema:
    said = _present(enum=list(rule.in_))
    for bound in (rule.greater_than, rule.less_than):
        if bound is not None:
            name = {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}[bound.field]
            said[name] = bound.value
    return said


def _keys(rule: Any) -> Schema:
    said = keywords(rule.keys)
    return {"propertyNames": said} if said else {}


def _present(**said: Any) -> Schema:
    return {name: value for name, value in said.items() if value}
