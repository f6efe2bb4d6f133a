"""The OpenAPI 3.1 document: the contract's comments, rules and routes in the words of HTTP.

`python -m gateway.schema` prints it.
"""

import sys
from collections.abc import Collection, Iterator
from typing import Any

import orjson
from protobuf import DescField, DescFieldValueList, DescFieldValueMessage

from gateway import contract
from gateway.comments import comments, split
from gateway.constraints import Schema, must_be_given
from gateway.examples import example
from gateway.links import Links
from gateway.messages import IN, OUT, WELL_KNOWN, Messages
from gateway.routes import Route
from gateway.skeleton import skeleton


def document(peers: Collection[str] | None = None, extra: Schema | None = None) -> Schema:
    """The document of the routes that `peers` serve (None: of all), together with the paths of an `extra` document."""
    messages, paths, tags = Messages(), dict[str, Any](), list[Schema]()
    routes = list[tuple[str, Route]]()
    for service in contract.services():
        served = [method for method in service.methods if peers is None or method.peer in peers]
        if served:
            tags.append(_tag(service, taken=[tag["name"] for tag in tags]))
        for method in served:
            for number, binding in enumerate(method.bindings):
                route = Route(method, binding)
                operation = _operation(route, messages, number, tags[-1]["name"])
                paths.setdefault(route.template, {})[binding.verb.lower()] = operation
                routes.append((operation["operationId"], route))
    links = Links(routes)
    for name, route in routes:
        if found := links.of(name, route):
            paths[route.template][route.binding.verb.lower()]["responses"]["200"]["links"] = found
    whole = skeleton()
    whole["tags"] = tags
    whole["paths"] = paths
    whole["components"]["schemas"] |= messages.components()
    whole["components"]["links"] = links.components()
    whole = messages.resolve(whole)
    _exemplify(whole)
    return _merged(whole, extra) if extra else whole


def _tag(service: contract.Service, taken: list[str]) -> Schema:
    words = "".join(
        " " + one.lower() if one.isupper() else one
        for one in service.type_name.rpartition(".")[2].removesuffix("Service")
    )
    name = words.strip().capitalize()
    if name in taken:
        name = f"{name} in {service.type_name.split('.')[1]}"
    return {"name": name, "description": comments()[service.type_name]}


def _operation(route: Route, messages: Messages, number: int, tag: str) -> Schema:
    method = route.method
    summary, description = split(_said(method))
    name = method.name
    said: Schema = {
        "operationId": name[0].lower() + name[1:] + (str(number + 1) if number else ""),
        "tags": [tag],
        "summary": summary,
    }
    if description:
        said["description"] = description
    said["parameters"] = [*_parameters(route, messages), *_headers(route)]
    if route.binding.body:
        in_path = frozenset(field.name for field in route.variables)
        body = messages.use(method.input.desc(), IN, in_path)
        needed = any(must_be_given(field) for field in method.input.desc().fields if field.name not in in_path)
        said["requestBody"] = {"required": needed, "content": {"application/json": {"schema": body}}}
    said["responses"] = _responses(route, messages)
    if method.public:
        said["security"] = []
    return said


def _said(method: contract.Method) -> str:
    return comments()[f"{method.service}.{method.name}"]


def _parameters(route: Route, messages: Messages) -> Iterator[Schema]:
    for field in route.variables:
        yield {"name": field.json_name, "in": "path", "required": True, **_described(messages.field(field, IN))}
    if not route.binding.body:
        for field in route.method.input.desc().fields:
            if field not in route.variables:
                yield from _query(field, messages, "")
    if route.pages:
        yield {"$ref": "#/components/parameters/Format"}


def _query(field: DescField, messages: Messages, before: str) -> Iterator[Schema]:
    nested = field.value.message if isinstance(field.value, DescFieldValueMessage) else None
    if nested and nested.type_name not in WELL_KNOWN:
        for inner in nested.fields:
            yield from _query(inner, messages, f"{before}{field.json_name}.")
        return
    said: Schema = {"name": before + field.json_name, "in": "query", **_described(messages.field(field, IN))}
    if isinstance(field.value, DescFieldValueList):
        said["explode"] = True
    if must_be_given(field) and not before:
        said["required"] = True
    yield said


def _described(schema: Schema) -> Schema:
    """A parameter carries its description beside its schema, not in it."""
    text = schema.pop("description", "")
    return {"description": text, "schema": schema} if text else {"schema": schema}


def _headers(route: Route) -> Iterator[Schema]:
    if not route.method.reads:
        name = "IdempotencyKeyRequired" if route.method.key_required else "IdempotencyKey"
        yield {"$ref": f"#/components/parameters/{name}"}
    if route.binding.verb in {"PATCH", "DELETE"}:
        yield {"$ref": "#/components/parameters/IfMatchRequired"}
    elif not route.method.reads and route.versioned and route.variables:
        yield {"$ref": "#/components/parameters/IfMatch"}
    yield {"$ref": "#/components/parameters/AcceptLanguage"}


def _responses(route: Route, messages: Messages) -> Schema:
    content: Schema = {"application/json": {"schema": messages.use(route.method.output.desc(), OUT)}}
    if route.pages:
        content["text/csv"] = {"schema": {"type": "string", "description": "All pages as one file, safe to open."}}
    summary = split(comments().get(route.method.output.desc().type_name, ""))[0]
    done: Schema = {"description": summary or "Done", "content": content}
    headers = {}
    if route.versioned:
        headers["ETag"] = {"$ref": "#/components/headers/ETag"}
    if not route.method.reads:
        headers["Idempotency-Replayed"] = {"$ref": "#/components/headers/IdempotencyReplayed"}
    if headers:
        done["headers"] = headers
    return {"200": done} | {
        str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in _problems(route)
    }


def _problems(route: Route) -> Iterator[int]:
    changes = not route.method.reads
    conditional = route.binding.verb in {"PATCH", "DELETE"}
    versions = changes and route.versioned and (conditional or bool(route.variables))
    yield 400
    yield 401
    if not route.method.public:
        yield 403
    if route.variables or "Refused: NOT_FOUND" in _said(route.method):
        yield 404
    # A list leaves as a file too, which may need somebody's approval.
    if changes or route.pages:
        yield 409
    if versions:
        yield 412
    if route.binding.body:
        yield from (413, 415)
    if changes:
        yield 422
    if conditional:
        yield 428
    yield from (429, 500, 503, 504)


def _exemplify(whole: Schema) -> None:
    """Give every JSON body an example."""
    schemas = whole["components"]["schemas"]
    for path in whole["paths"].values():
        for operation in path.values():
            bodies = [
                operation["responses"]["200"],
                *([operation["requestBody"]] if "requestBody" in operation else []),
            ]
            for body in bodies:
                media = body["content"]["application/json"]
                media["example"] = example("", media["schema"], schemas)


def _merged(whole: Schema, extra: Schema) -> Schema:
    whole["paths"] |= extra.get("paths", {})
    for kind, named in extra.get("components", {}).items():
        whole["components"].setdefault(kind, {})
        whole["components"][kind] = named | whole["components"][kind]
    return whole


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(document(), option=orjson.OPT_INDENT_2) + b"\n")
