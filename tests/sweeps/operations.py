"""The routes of a running gateway as sweeps need them, read from its OpenAPI document."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from gateway.examples import example

Path = tuple[str | int, ...]
"""Where something stands in a body: names, and 0 for the first item of a list."""


@dataclass(frozen=True)
class Own:
    """In a body: the id of something of that kind which belongs to whoever sends it."""

    kind: str


NEW = Own("new id")
"""In a body: an id that nothing has yet."""


def known_kind(name: str, collection: str) -> str | None:
    """What a field of that name refers to, in a request to that collection; None if it is no reference."""
    by_name = {
        "parentId": collection.removesuffix("s"),
        "ownerId": "user",
        "managerId": "user",
        "authorId": "user",
        "actorId": "user",
        "subjectId": "lead",
        "userIds": "user",
        "approverId": "approver",
        "affectedContactIds": "approver",
        "linkId": "pain",
        "reviewerIds": "user",
        "recipientIds": "user",
        "repId": "user",
        "partnerId": "user",
        "leadIds": "lead",
        "contactIds": "contact",
        "boardId": "reviewBoard",
        "collaborators": "user",
        "participants": "participant",
        "ids": "user",
        "personIds": "person",
        "duplicateId": {"contacts": "duplicate contact", "leads": "duplicate lead"}.get(collection, "duplicate"),
        "dealId": "won deal" if collection == "contracts" else "deal",
    }
    if name in by_name:
        return by_name[name]
    return name.removesuffix("Id") if name.endswith("Id") else None


@dataclass(frozen=True)
class Operation:
    """One route."""

    id: str
    method: str
    path: str
    said: Mapping[str, Any] = field(repr=False)
    schemas: Mapping[str, Any] = field(repr=False)

    @property
    def public(self) -> bool:
        """Whether it asks for no token."""
        return self.said.get("security") == []

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "GET"

    @property
    def streams(self) -> bool:
        """Whether its answer does not end by itself."""
        return "text/event-stream" in self.said["responses"].get("200", {}).get("content", ())

    @property
    def collection(self) -> str:
        """What the path begins with: "leads" in /v1/leads/{id}:assign."""
        return re.split("[/:]", self.path)[2]

    @property
    def targets(self) -> list[tuple[str, str]]:
        """The parameters in the path, each with the kind of thing that it names."""
        found = []
        for before, name in re.findall(r"/(\w+)/\{(\w+)\}", self.path):
            kind = known_kind(name, self.collection) or before.removesuffix("es" if before == "processes" else "s")
            found.append((name, kind))
        return found

    @property
    def query(self) -> Mapping[str, Any]:
        """The schemas of the query parameters by name."""
        return {one["name"]: one["schema"] for one in self.said["parameters"] if one.get("in") == "query"}

    @property
    def needed(self) -> dict[str, Any]:
        """Query parameters that must be given, with a value for each."""
        required = {one["name"] for one in self.said["parameters"] if one.get("required") and one["in"] == "query"}
        return {name: example(name, self.query[name], self.schemas) for name in required}

    @property
    def body(self) -> Mapping[str, Any] | None:
        """The schema of the JSON body, if it takes one."""
        media = self.said.get("requestBody", {}).get("content", {}).get("application/json")
        return self._resolved(media["schema"]) if media else None

    def least(self) -> Any:
        """The smallest body that its schema allows, with Own where it needs a reference."""
        return self._least("", self.body or {})

    def references(self) -> Iterator[tuple[Path, str]]:
        """Where its body refers to something, and to what kind of thing. "new id" is an id that the caller chooses."""
        return self._references((), self.body or {})

    def asked(self) -> Iterator[tuple[str, str]]:
        """The query parameters that refer to something, and to what kind of thing."""
        in_path = {name for name, _ in self.targets}
        for name in self.query.keys() - in_path:
            if kind := known_kind(name, self.collection):
                yield name, kind

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        if ref := schema.get("$ref"):
            found: Mapping[str, Any] = self.schemas[ref.rpartition("/")[2]]
            return found
        return schema

    def _least(self, name: str, schema: Mapping[str, Any]) -> Any:
        schema = self._resolved(schema)
        if "properties" in schema:
            return {key: self._least(key, schema["properties"][key]) for key in schema.get("required", ())}
        if schema.get("type") == "array":
            return [self._least(name, schema["items"])] if schema.get("minItems") else []
        kind = known_kind(name, self.collection)
        return Own(kind) if kind else example(name, schema, self.schemas)

    def _references(self, at: Path, schema: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
        for name, inside in self._resolved(schema).get("properties", {}).items():
            below = self._resolved(inside)
            where = (*at, name)
            if below.get("type") == "array":
                where, below = (*where, 0), self._resolved(below["items"])
            if below.get("format") == "uuid" or (name == "teamId" and below.get("type") == "string"):
                yield where, known_kind(name, self.collection) or NEW.kind
            elif "properties" in below:
                yield from self._references(where, below)


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """All routes of an OpenAPI document."""
    shared = document["components"]
    found = []
    for path, verbs in document["paths"].items():
        for verb, said in verbs.items():
            parameters = [
                shared["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
                for one in said.get("parameters", ())
            ]
            whole = {**said, "parameters": parameters}
            found.append(Operation(said["operationId"], verb.upper(), path, whole, shared["schemas"]))
    return found


def placed(body: Any, where: Path, value: Any) -> Any:
    """The body with the value at that place; lists on the way that are empty get their first item."""
    found = deepcopy(body)
    inside = found
    for name, below in zip(where, (*where[1:], None), strict=True):
        fresh = value if below is None else [] if below == 0 else {}
        if isinstance(inside, list):
            inside[:1] = [fresh if below is None or not inside else inside[0]]
        elif below is None or name not in inside:
            inside[name] = fresh
        inside = inside[name]
    return found


def stranger_to_all() -> str:
    """An id that nothing has."""
    return str(uuid4())
