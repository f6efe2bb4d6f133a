"""What in a newer OpenAPI document breaks clients of an older one."""

from collections.abc import Iterator
from typing import Any


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Every break, in words: something that clients send is refused, or something that they read is gone."""
    return sorted({*_paths(old, new)})


def event_breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The same for AsyncAPI documents: an event, its subject, or something in it is gone or means something else."""
    return sorted({*_events(old, new)})


def _events(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    pair = _Pair(old, new)
    for name, channel in old["channels"].items():
        if new["channels"].get(name, {}).get("address") != channel["address"]:
            yield f"{channel['address']}: the event is gone"
        else:
            payloads = (document["components"]["messages"][name]["payload"] for document in (old, new))
            yield from _schema(pair, *payloads, name, "response")


def _paths(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for path, verbs in old["paths"].items():
        for verb, before in verbs.items():
            after = new["paths"].get(path, {}).get(verb)
            here = f"{verb.upper()} {path}"
            if after is None:
                yield f"{here}: the route is gone"
            else:
                yield from _operation(_Pair(old, new), before, after, here)


class _Pair:
    """The two documents, to follow references in, and the pairs of schemas that were compared already."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self.old, self.new = old, new
        self.seen: set[tuple[str, str, str]] = set()

    def follow(self, document: dict[str, Any], value: Any) -> Any:
        while isinstance(value, dict) and "$ref" in value:
            found: Any = document
            for name in value["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            value = found
        return value


def _operation(pair: _Pair, before: Any, after: Any, here: str) -> Iterator[str]:
    if before["operationId"] != after["operationId"]:
        yield f"{here}: the operation is called {after['operationId']} now, not {before['operationId']}"
    known = {(one["in"], one["name"]): one for one in (pair.follow(pair.new, one) for one in after["parameters"])}
    sent = {(one["in"], one["name"]): one for one in (pair.follow(pair.old, one) for one in before["parameters"])}
    for key, one in sent.items():
        if key not in known:
            yield f"{here}: the parameter {key[1]} is gone"
        else:
            yield from _schema(pair, one["schema"], known[key]["schema"], f"{here}: {key[1]}", "request")
    for key, one in known.items():
        if one.get("required") and not sent.get(key, {}).get("required"):
            yield f"{here}: the parameter {key[1]} is required now"
    for way, (was, now) in {
        "request": (before.get("requestBody"), after.get("requestBody")),
        "response": (before["responses"].get("200"), after["responses"].get("200")),
    }.items():
        yield from _body(pair, was, now, f"{here}: {way}", way)


def _body(pair: _Pair, was: Any, now: Any, here: str, way: str) -> Iterator[str]:
    if was is None:
        return
    if now is None:
        yield f"{here}: the body is gone"
        return
    for kind, media in was["content"].items():
        if kind not in now["content"]:
            yield f"{here}: {kind} is gone"
        else:
            yield from _schema(pair, media["schema"], now["content"][kind]["schema"], here, way)


def _schema(pair: _Pair, was: Any, now: Any, here: str, way: str) -> Iterator[str]:
    names = was.get("$ref", ""), now.get("$ref", ""), way
    if names[0] and names in pair.seen:
        return
    pair.seen.add(names)
    was, now = pair.follow(pair.old, was), pair.follow(pair.new, now)
    if was.get("type") != now.get("type"):
        yield f"{here}: is {now.get('type')} now, not {was.get('type')}"
        return
    yield from _values(was, now, here, way)
    for name, schema in was.get("properties", {}).items():
        if name not in now.get("properties", {}):
            yield f"{here}: the property {name} is gone"
        else:
            yield from _schema(pair, schema, now["properties"][name], f"{here}.{name}", way)
    required = set(was.get("required", ())), set(now.get("required", ()))
    changed = required[1] - required[0] if way == "request" else required[0] - required[1]
    for name in sorted(changed):
        yield f"{here}: the property {name} is {'required now' if way == 'request' else 'no longer always there'}"
    for part in ("items", "additionalProperties"):
        if isinstance(was.get(part), dict) and isinstance(now.get(part), dict):
            yield from _schema(pair, was[part], now[part], f"{here}[]", way)


def _values(was: Any, now: Any, here: str, way: str) -> Iterator[str]:
    for value in set(was.get("enum", ())) - set(now.get("enum", was.get("enum", ()))):
        yield f"{here}: the value {value} is gone"
    for keyword in ("const", "pattern") if way == "response" else ():
        if keyword in was and now.get(keyword) != was[keyword]:
            yield f"{here}: is {now.get(keyword)} now, not {was[keyword]}"
