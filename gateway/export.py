"""Any list as CSV: page after page, and no cell that a spreadsheet would run as a formula."""

import re
import unicodedata
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

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
from gateway.leaving import Leaving
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
MARK = "exported"
"""The last column: by which export the row left, who exported and when (see gateway/exports). Imports pass it over,
and formulas cannot stand in it; a comment below the rows would be a row to whoever reads CSV."""
Column = tuple[tuple[str, ...], bool]
"""The path of a value in an item's JSON, and whether its type is a number."""


def wanted(headers: Mapping[bytes, bytes], query: str) -> tuple[bool, str, UUID | None]:
    """Whether a list is asked for as CSV, the query without what belongs to the gateway, and the export request."""
    if "format=" not in query and "exportRequest=" not in query:
        return b"text/csv" in headers.get(b"accept", b""), query, None
    parts = [part.partition("=") for part in query.split("&")]
    formats = [value for name, _, value in parts if name == "format"]
    if formats and formats not in (["csv"], ["json"]):
        raise Violated(("format", "must be csv or json", "应为 csv 或 json"))
    as_csv = formats == ["csv"] if formats else b"text/csv" in headers.get(b"accept", b"")
    requests = [value for name, _, value in parts if name == "exportRequest"]
    kept = "&".join("".join(part) for part in parts if part[0] not in ("format", "exportRequest"))
    if len(requests) > 1:
        raise Violated(("exportRequest", "must be one id", "只能是一个编号"))
    try:
        return as_csv, kept, UUID(requests[0]) if requests else None
    except ValueError:
        raise Violated(("exportRequest", "is no id", "编号无效")) from None


class Export:
    """A list on its way out as CSV, one page in memory at a time."""

    def __init__(self, page: type[Message], request: Any, fetch: Fetch, leaving: Leaving) -> None:
        self._page = page
        self._request = request
        self._fetch = fetch
        self._leaving = leaving
        found = items(page.desc())
        if found is None:
            raise TypeError(f"{page.desc().type_name} is no page of a list")
        self._name = found[0].json_name
        self._columns = list(columns(found[1]))
        self._held: list[str] = []

    async def begin(self) -> None:
        """Read as far as must be known before anything leaves, so that a refusal can be told as a problem document.

        That is all of it, unless it was approved: nobody is to be left with the part that needs no approval.
        """
        if not self._request.page_size:
            self._request.page_size = PAGE_SIZE
        rows = 0
        while True:
            page = await self._next()
            rows += len(page[self._name])
            self._leaving.admit(rows)
            self._held.append(self._lines(page))
            if not self._request.page_token or self._leaving.approved:
                break
        await self._leaving.take(rows)

    def headers(self) -> Headers:
        """The headers of the answer."""
        name = f'attachment; filename="{self._name}.csv"'.encode()
        return [
            (b"content-type", b"text/csv; charset=utf-8; header=present"),
            (b"content-disposition", name),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The file, a page at a time. A failure half way ends the connection: a short file must not look whole."""
        whole = False
        try:
            yield (BOM + line([*(".".join(path) for path, _ in self._columns), MARK])).encode()
            for held in self._held:
                yield held.encode()
            while self._request.page_token:
                page = await self._next()
                await self._leaving.take(len(page[self._name]))
                yield self._lines(page).encode()
            whole = True
        finally:
            await self._leaving.end(whole=whole)

    async def _next(self) -> Any:
        """The next page; the token of the one after it stands in the request then."""
        reply = await self._fetch(self._request.to_binary())
        page = orjson.loads(self._page.from_binary(reply).to_json(always_emit_implicit=True))
        self._request.page_token = page["nextPageToken"]
        return page

    def _lines(self, page: Any) -> str:
        mark = self._leaving.mark
        return "".join(line([*(cell(row, column) for column in self._columns), mark]) for row in page[self._name])


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
