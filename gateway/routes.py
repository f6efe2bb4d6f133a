"""Which method a request is for: a tree of path segments, built once from the contract's HTTP rules."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote

from protobuf import DescField, DescFieldValueList, DescMessage

from gateway.contract import Binding, Method

VARIABLE = re.compile(r"\{([a-z0-9_]+)\}")


@dataclass(frozen=True)
class Route:
    """One HTTP rule; what its messages say of it is found out when it is first asked for."""

    method: Method
    binding: Binding

    @cached_property
    def template(self) -> str:
        """The path with its variables under their names in JSON, for people: "/v1/accounts/{accountId}"."""
        return VARIABLE.sub(lambda found: f"{{{self._fields[found[1]].json_name}}}", self.binding.template)

    @cached_property
    def variables(self) -> tuple[DescField, ...]:
        """The request's fields that the path sets, in order."""
        return tuple(self._fields[name] for name in VARIABLE.findall(self.binding.template))

    @cached_property
    def versioned(self) -> bool:
        """Whether the answer carries a version, which is its ETag."""
        return any(field.name == "version" for field in self.method.output.desc().fields)

    @cached_property
    def pages(self) -> bool:
        """Whether the answer is one page of a list."""
        return "page_token" in self._fields and items(self.method.output.desc()) is not None

    @property
    def _fields(self) -> dict[str, DescField]:
        return {field.name: field for field in self.method.input.desc().fields}


def items(answer: DescMessage) -> tuple[DescField, DescMessage] | None:
    """The repeated field that a page of a list holds its items in, and their type; None if the message is no page."""
    lists = [field for field in answer.fields if isinstance(field.value, DescFieldValueList)]
    if len(lists) != 1 or not any(field.name == "next_page_token" for field in answer.fields):
        return None
    match lists[0].value:
        case DescFieldValueList(element=DescMessage() as element):
            return lists[0], element
    return None


@dataclass
class _Node:
    static: dict[str, "_Node"] = field(default_factory=dict)
    variable: "_Node | None" = None
    ends: dict[str, dict[str, Route]] = field(default_factory=dict)
    """By custom verb ("" without), then by HTTP method."""


class Table:
    """Finds routes by path."""

    def __init__(self, methods: Iterable[Method]) -> None:
        self.routes: list[Route] = []
        self._root = _Node()
        for method in methods:
            for binding in method.bindings:
                self._add(Route(method, binding))

    def find(self, path: str) -> tuple[dict[str, Route], list[str]] | None:
        """The routes of a raw path by HTTP method, and the values of its variables; None if the path is unknown."""
        head, _, last = path[1:].rpartition("/")
        name, colon, verb = last.partition(":")
        if colon and not verb:
            return None
        segments = [*head.split("/"), name] if head else [name]
        return _walk(self._root, segments, 0, verb, [])

    def _add(self, route: Route) -> None:
        template, _, verb = route.binding.template.partition(":")
        node = self._root
        for segment in template[1:].split("/"):
            if VARIABLE.fullmatch(segment):
                node.variable = node.variable or _Node()
                node = node.variable
            elif set(segment) & set("{}*="):
                raise ValueError(f"{route.binding.template}: only whole segments can be variables")
            else:
                node = node.static.setdefault(segment, _Node())
        taken = node.ends.setdefault(verb, {}).setdefault(route.binding.verb, route)
        if taken is not route:
            raise ValueError(f"{route.method.path} and {taken.method.path} claim the same route")
        self.routes.append(route)


def _walk(
    node: _Node, segments: list[str], at: int, verb: str, values: list[str]
) -> tuple[dict[str, Route], list[str]] | None:
    if at == len(segments):
        ends = node.ends.get(verb)
        return (ends, values) if ends else None
    segment = segments[at]
    if (child := node.static.get(segment)) and (found := _walk(child, segments, at + 1, verb, values)):
        return found
    if node.variable and segment:
        value = unquote(segment) if "%" in segment else segment
        return _walk(node.variable, segments, at + 1, verb, [*values, value])
    return None
