"""Where an answer leads: OpenAPI links, found in the contract by the names of things.

Nobody writes a link. A route that reads one thing by its path, as GET /v1/leads/{id} answers a Lead, makes that thing
known: its message, the path before its name, and the field that is the name. Three rules give the links. An answer that
is a Lead leads to every route below its path, with its ETag as If-Match where that changes the lead. It leads to every
route that makes something of it, known by a field `lead_id` in the body. And what holds a `lead_id` leads to the Lead.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.constraints import Schema
from gateway.routes import Route


@dataclass(frozen=True)
class Thing:
    """What a route reads by its path."""

    message: str
    """The full name of its message."""
    prefix: str
    """The path before its name: "/v1/leads/"."""
    name: str
    """The field that names it, in JSON."""
    reference: str
    """The field of other messages that refers to it: "lead_id"."""
    getter: str


class Links:
    """All links between the routes of a document. `routes` are those, by operation id."""

    def __init__(self, routes: Sequence[tuple[str, Route]]) -> None:
        self._routes = routes
        self._things = [thing for name, route in routes if (thing := _read_by(name, route))]

    def of(self, name: str, route: Route) -> Schema:
        """The links of a route's answer by the operation that each leads to, as references to components."""
        return {
            target: {"$ref": f"#/components/links/{_called(route, target)}"} for target, _ in self._from(name, route)
        }

    def components(self) -> Schema:
        """The links of all routes, once each."""
        found = {
            _called(route, target): {"operationId": target, **link}
            for name, route in self._routes
            for target, link in self._from(name, route)
        }
        return dict(sorted(found.items()))

    def _from(self, name: str, route: Route) -> Iterator[tuple[str, Schema]]:
        answer = route.method.output.desc()
        for thing in self._things:
            if answer.type_name == thing.message:
                for target, other in self._routes:
                    if target != name and (link := _link(thing, other, route.versioned)):
                        yield target, link
            else:
                fields = [field for field in answer.fields if field.name == thing.reference]
                yield from ((thing.getter, _path(thing.name, field.json_name)) for field in fields)


def _read_by(operation: str, route: Route) -> Thing | None:
    answer = route.method.output.desc()
    named = re.fullmatch(r"(/.*/)\{(\w+)}", route.template)
    if route.binding.verb != "GET" or not named or not any(field.json_name == named[2] for field in answer.fields):
        return None
    noun = re.sub(r"(?<!^)(?=[A-Z])", "_", answer.name).lower()
    return Thing(answer.type_name, named[1], named[2], f"{noun}_id", operation)


def _link(thing: Thing, target: Route, versioned: bool) -> Schema | None:
    if target.variables and target.template.startswith(thing.prefix + "{"):
        link = _path(target.variables[0].json_name, thing.name)
        same = target.method.output.desc().type_name == thing.message
        if versioned and same and not target.method.reads:
            link["parameters"]["header.If-Match"] = "$response.header.ETag"
        return link
    if target.binding.body and not target.variables:
        for field in target.method.input.desc().fields:
            if field.name == thing.reference:
                return {"requestBody": {field.json_name: f"$response.body#/{thing.name}"}}
    return None


def _path(parameter: str, field: str) -> Schema:
    return {"parameters": {f"path.{parameter}": f"$response.body#/{field}"}}


def _called(route: Route, target: str) -> str:
    return f"{route.method.output.desc().type_name.removeprefix('dealtrail.')}.{target}"
