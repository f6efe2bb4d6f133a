"""The comments of the contract, from the descriptor image that `make proto` writes."""

import re
from collections.abc import Iterator
from functools import cache

from protobuf.wkt.google.protobuf.descriptor_pb import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from gateway.contract import IMAGE
from services.kit.status import json_path

Place = tuple[tuple[int, ...], str]
"""Where something stands in its file, as source positions name it, and its full name."""


@cache
def comments() -> dict[str, str]:
    """The comment of every service, method, message, field, enum and value by full name."""
    found = {}
    for file in FileDescriptorSet.from_binary(IMAGE.read_bytes()).file:
        if file.package.startswith("dealtrail.") and file.source_code_info:
            texts = {tuple(one.path): one.leading_comments for one in file.source_code_info.location}
            for place, name in _places(file):
                found[name] = _flowing(texts.get(place, ""))
    return found


def split(comment: str) -> tuple[str, str]:
    """The first sentence without its full stop, and the rest."""
    first, _, rest = comment.partition("\n\n")
    sentence = re.match(r"(.+?[.。])(\s|$)", first, re.DOTALL)
    if not sentence:
        return first, rest
    return sentence[1].rstrip(".。"), (first[sentence.end() :] + "\n\n" + rest).strip()


def _flowing(text: str) -> str:
    """One line a paragraph, fields under their names in JSON."""
    text = re.sub(r"`[a-z0-9_.]+`", lambda found: json_path(found[0]), text)
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(line.strip() for line in one.splitlines()) for one in paragraphs)


def _places(file: FileDescriptorProto) -> Iterator[Place]:
    for index, service in enumerate(file.service):
        name = f"{file.package}.{service.name}"
        yield (6, index), name
        for number, method in enumerate(service.method):
            yield (6, index, 2, number), f"{name}.{method.name}"
    for index, message in enumerate(file.message_type):
        yield from _message(message, (4, index), file.package)
    for index, enum in enumerate(file.enum_type):
        yield from _enum(enum, (5, index), file.package)


def _message(message: DescriptorProto, at: tuple[int, ...], scope: str) -> Iterator[Place]:
    name = f"{scope}.{message.name}"
    yield at, name
    for index, field in enumerate(message.field):
        yield (*at, 2, index), f"{name}.{field.name}"
    for index, nested in enumerate(message.nested_type):
        yield from _message(nested, (*at, 3, index), name)
    for index, enum in enumerate(message.enum_type):
        yield from _enum(enum, (*at, 4, index), name)


def _enum(enum: EnumDescriptorProto, at: tuple[int, ...], scope: str) -> Iterator[Place]:
    name = f"{scope}.{enum.name}"
    yield at, name
    for index, value in enumerate(enum.value):
        yield (*at, 2, index), f"{name}.{value.name}"
