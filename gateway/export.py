"""Any list as CSV: page after page, and no cell that a spreadsheet would run as a formula."""

import re
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any

import orjson
from protobuf import (
    DescField,
    DescFieldValueMessage,
    DescFieldValueScalar,
    DescMessage,
    Message,
    ScalarType,
)

from gateway.diagnosis import WELL_KNOWN
from gateway.problems import Headers
from gateway.routes import items
from services.kit.errors import Violated

BOM = "\ufeff"
"""Without it Excel takes UTF-8 for the machine's own encoding and garbles Chinese."""
PAGE_SIZE = 200
FORMULA = frozenset("=+-@|\t\r\n")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
UNSEEN = frozenset({"Cc", "Cf", "Mn", "Zl", "Zp", "Zs"})
TEXTUAL = frozenset({ScalarType.STRING, ScalarType.BYTES})

Fetch = Callable[[bytes], Awaitable[bytes]]
Take = Callable[[int], Awaitable[None]]
"""Counts rows before they leave; it may refuse them."""
Column = tuple[tuple[str, ...], bool]
"""The path of a value in an item's JSON, and whether its type is a number."""


def wanted(headers: Mapping[bytes, bytes], query: str) -> tuple[bool, str]:
    """Whether a list is asked for as CSV, and the query without `format`, which belongs to the gateway."""
    if "format=" in query:
        kept = [part for part in query.split("&") if not part.startswith("format=")]
        given = [part.removeprefix("format=") for part in query.split("&") if part.startswith("format=")]
        if given and given not in (["csv"], ["json"]):
            raise Violated(("format", "must be csv or json", "应为 csv 或 json"))
        if given:
            return given == ["csv"], "&".join(kept)
    return b"text/csv" in headers.get(b"accept", b""), query


class Export:
    """A list on its way out as CSV, one page in memory at a time."""

    def __init__(self, page: type[Message], request: Any, fetch: Fetch, take: Take) -> None:
        self._page = page
        self._request = request
        self._fetch = fetch
        self._take = take
        found = items(page.desc())
        if found is None:
            raise TypeError(f"{page.desc().type_name} is no page of a list")
        self._name = found[0].json_name
        self._columns = list(columns(found[1]))
        self._first: Any = None

    async def begin(self) -> None:
        """Fetch and count the first page, so that a refusal can still be told as a problem document."""
        if not self._request.page_size:
            self._request.page_size = PAGE_SIZE
        self._first = await self._next()

    def headers(self) -> Headers:
        """The headers of the answer."""
        name = f'attachment; filename="{self._name}.csv"'.encode()
        return [
            (b"content-type", b"text/csv; charset=utf-8; header=present"),
            (b"content-disposition", name),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file, a page at a time. A failure half way ends the connection: a short file must not look whole."""
        yield (BOM + line([".".join(path) for path, _ in self._columns])).encode()
        page = self._first
        while True:
            rows = page[self._name]
            yield "".join(line([cell(row, column) for column in self._columns]) for row in rows).encode()
            if not page["nextPageToken"]:
                return
            self._request.page_token = page["nextPageToken"]
            page = await self._next()

    async def _next(self) -> Any:
        reply = await self._fetch(self._request.to_binary())
        page = orjson.loads(self._page.from_binary(reply).to_json(always_emit_implicit=True))
        await self._take(len(page[self._name]))
        return page


def columns(
    message: DescMessage, before: tuple[str, ...] = (), above: frozenset[str] = frozenset()
) -> Iterator[Column]:
    """The columns of an item: nested messages are laid flat, lists, maps and recursion stay one cell."""
    inside = above | {message.type_name} | WELL_KNOWN.keys()
    for field in message.fields:
        path = (*before, field.json_name)
        if isinstance(field.value, DescFieldValueMessage) and field.value.message.type_name not in inside:
            yield from columns(field.value.message, path, inside)
        else:
            yield path, _numeric(field)


def _numeric(field: DescField) -> bool:
    """Whether the type is a number; an amount of money is one, though JSON carries it as text."""
    if isinstance(field.value, DescFieldValueScalar):
        money = field.parent.name == "Money" and field.name == "amount"
        return money or field.value.scalar not in TEXTUAL
    return False


def cell(row: Any, column: Column) -> str:
    """What stands in one cell."""
    path, numeric = column
    value = row
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return safe(orjson.dumps(value).decode()) if value else ""
    if isinstance(value, list):
        texts = [one if isinstance(one, str) else orjson.dumps(one).decode() for one in value]
        return safe("; ".join(texts))
    text = str(value)
    return text if numeric and NUMBER.fullmatch(text) else safe(text)


def safe(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula: prefixed with an apostrophe if it could be one.

    Full-width signs count, and so does a sign behind space or characters that cannot be seen.
    """
    for character in text:
        plain = unicodedata.normalize("NFKC", character)
        if plain[0] in FORMULA:
            return "'" + text
        if not (character.isspace() or unicodedata.category(character) in UNSEEN):
            break
    return text


def line(cells: list[str]) -> str:
    """One record of RFC 4180, every cell quoted."""
    return ",".join('"' + one.replace('"', '""') + '"' for one in cells) + "\r\n"
