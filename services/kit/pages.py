"""Keyset pages (AIP-158) of lists with filters and orders: rows that exist for the caller, and no other."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from google.protobuf.message import Message
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Table,
    Uuid,
    any_,
    asc,
    bindparam,
    desc,
    lateral,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.sql.expression import Executable

from services.kit import page_tokens
from services.kit.codec import Codec
from services.kit.database import Tx
from services.kit.errors import Violated
from services.kit.replies import PageReply, RetoldReply, written
from services.kit.retold import Retold, stamps
from services.kit.sealing import Sealing
from services.kit.sql import Variants
from services.kit.visibility import EACH_TEAM, Part, in_sight, reach

DEFAULT_SIZE = 50
FIRST, BEYOND, BEYOND_UNSET = "first", "beyond", "beyond unset"
"""The first page; one after a row; one after a row that lacks the value by which the list is ordered."""
WHOLE, STAMPED, STAMPS, NAMED = "whole", "stamped", "stamps", "named"
"""Rows; rows and what stamps them; the stamps alone; stamped rows of certain ids (see retold)."""
Rows = Table | Subquery
Column = KeyedColumnElement
P = TypeVar("P", bound=Message)
_retold = Retold()


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which page of a list is asked for, and by what it is known."""

    order: str
    choices: tuple[str, tuple[str, ...], str, str]
    bound: dict[str, Any]
    size: int
    mark: bytes


@dataclass(frozen=True)
class Filter:
    """One optional condition of a list; it holds where the request's field of that name is set."""

    condition: ColumnElement[bool]
    convert: Callable[[Any], Any] = lambda value: value
    marked: bool = False
    """Whether the condition takes marks too, as `<name>_marks`: those that a text has if the value is a part of it."""


def by_id(column: Column[Any]) -> Filter:
    """Equality with a UUID that the request carries as text."""
    return Filter(column == bindparam(column.key, type_=column.type), UUID)


def by_text(column: Column[Any]) -> Filter:
    """Equality with a text."""
    return Filter(column == bindparam(column.key, type_=column.type))


def by_enum(column: Column[Any], enum: Any) -> Filter:
    """Equality with an enum, which rows hold by name."""
    return Filter(column == bindparam(column.key, type_=column.type), enum.Name)


def containing(*columns: Column[Any]) -> Filter:
    """The text stands in one of the columns, in whatever case. Wildcards in it stand for themselves."""
    condition: Any = None
    for column in columns:
        one = column.ilike(bindparam("q", type_=column.type), escape="\\")
        condition = one if condition is None else condition | one
    return Filter(
        condition, lambda text: "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    )


def marked(column: Column[Any]) -> Filter:
    """`containing` for what is sealed: the column holds the marks of all its parts (see vault.TenantKey.grams)."""
    return Filter(column.contains(bindparam("q_marks", type_=column.type)), marked=True)


def either(one: Filter, other: Filter) -> Filter:
    """One of two conditions on the same value, converted as the first says."""
    return Filter(one.condition | other.condition, one.convert, one.marked or other.marked)


class Listing:
    """A list over one table, or over a subquery like one.

    It has filters by request field and orders by name; the first order is the default.

    `within` narrows every page, for lists below a parent; its values are given to `page`. `apart` gives what is in
    sight in parts, each of which is read by itself: where one sees few of many rows (visibility.in_sight_apart).
    """

    def __init__(
        self,
        table: Rows,
        filters: Mapping[str, Filter],
        orders: tuple[str, ...] = ("create_time desc", "create_time"),
        within: ColumnElement[bool] | None = None,
        sight: Callable[[str], ColumnElement[bool]] | None = None,
        sealing: Sealing | None = None,
        apart: Callable[[str], tuple[Part, ...]] | None = None,
    ) -> None:
        self._table = table
        self._sealing = sealing
        self._filters = filters
        self._orders = orders
        self._within = within
        seen = sight or (lambda how_far: in_sight(table, how_far))
        self._apart = apart or (lambda how_far: (Part(seen(how_far)),))
        self._variants = Variants(self._build)

    async def page(self, tx: Tx, request: Any, **values: Any) -> tuple[list[Any], str]:
        """The rows of one page, and the token of the next ("" at the end).

        `request` has page_size, page_token, maybe order_by, and the filters' fields.
        Refused: PAGE_TOKEN_INVALID; INVALID if the order is not on offer.
        """
        asked = await self._asked(tx, request, values)
        rows, token = await self._found(tx, asked, WHOLE)
        return await self._opened(tx, rows), token

    async def reply(self, tx: Tx, request: Any, answer: type[P], codec: Codec[Any, Any], **values: Any) -> PageReply[P]:
        """The page as the answer of a read: `answer` has one repeated field, of the codec's message.

        In JSON, rows that were told before are told again while they are what they were (see retold).
        """
        if not tx.takes_json or not isinstance(self._table, Table) or request.page_token:
            return codec.page(answer, *await self.page(tx, request, **values))
        asked = await self._asked(tx, request, values)
        again = _retold.again(asked.mark)
        rows, token = await self._found(tx, asked, STAMPS if again else STAMPED)
        tenant_id = tx.principal.tenant_id
        told = {row["id"]: _retold.told(self, tenant_id, row) for row in rows}
        unknown = [row for row in rows if told[row["id"]] is None]
        if again and unknown:
            named = {"named": [row["id"] for row in unknown], "limit": len(unknown)}
            unknown = await tx.fetch(self._variants(*asked.choices, NAMED), **asked.bound | named)
        for row in await self._opened(tx, unknown):
            told[row["id"]] = _retold.keep(self, tenant_id, row, written(codec.row_to_json(row)))
        # What went out of sight between the two looks is left out.
        return RetoldReply(answer, codec, [one for one in told.values() if one is not None], token)

    async def _asked(self, tx: Tx, request: Any, values: dict[str, Any]) -> _Asked:
        order = getattr(request, "order_by", "") or self._orders[0]
        if order not in self._orders:
            offered = ", ".join(self._orders)
            raise Violated(("order_by", f"must be one of: {offered}", f"只能是：{offered}"))
        chosen = tuple(name for name in self._filters if _is_set(request, name))
        bound = {name: self._filters[name].convert(getattr(request, name)) for name in chosen}
        size = request.page_size or DEFAULT_SIZE
        mark = self._fingerprint(tx, order, bound | values)
        for name in chosen:
            if self._filters[name].marked:
                tenant = await tx.vault.tenant(tx)
                values[f"{name}_marks"] = tenant.sought(getattr(request, name))
        after = page_tokens.opened(request.page_token, mark) if request.page_token else None
        further = FIRST if after is None else BEYOND_UNSET if after[0] is None else BEYOND
        if after is not None:
            bound |= {"after": self._key_value(order, after[0]), "after_id": UUID(after[1])}
        return _Asked(order, (reach(tx.principal), chosen, order, further), bound | values, size, mark)

    async def _found(self, tx: Tx, asked: _Asked, shape: str) -> tuple[list[Any], str]:
        """The rows of the page in that shape, and the token of the next."""
        rows = await tx.fetch(self._variants(*asked.choices, shape), **asked.bound, limit=asked.size + 1)
        if len(rows) <= asked.size:
            return rows, ""
        rows = rows[: asked.size]
        return rows, page_tokens.sealed(asked.mark, rows[-1][asked.order.partition(" ")[0]], rows[-1]["id"])

    async def _opened(self, tx: Tx, rows: list[Any]) -> list[Any]:
        return await self._sealing.open(tx, rows) if self._sealing else rows

    def _build(self, how_far: str, chosen: tuple[str, ...], order: str, further: str, shape: str) -> Executable:
        name, _, falling = order.partition(" ")
        key = (self._table.c[name], self._table.c.id)
        conditions = [self._filters[one].condition for one in chosen]
        if self._within is not None:
            conditions.append(self._within)
        if further != FIRST:
            conditions.append(_beyond(key, bool(falling), further))
        if shape == NAMED:
            conditions.append(self._table.c.id == any_(bindparam("named", type_=ARRAY(Uuid))))
        columns = self._columns(key, shape)
        parts = self._apart(how_far)
        pages = [_first(columns.where(part.condition, *conditions), key, bool(falling)) for part in parts]
        if len(parts) == 1:
            return pages[0]
        found = union_all(*(_of_part(part, page) for part, page in zip(parts, pages, strict=True))).subquery()
        return _first(select(found), (found.c[name], found.c.id), bool(falling))

    def _columns(self, key: tuple[Column[Any], Column[Any]], shape: str) -> Select[Any]:
        if shape == STAMPS:
            return select(*dict.fromkeys(reversed(key)), *stamps(self._table, self._sealing))  # type: ignore[arg-type] # a table
        whole = self._sealing.select() if self._sealing else select(self._table)
        return whole if shape == WHOLE else whole.add_columns(*stamps(self._table, self._sealing))  # type: ignore[arg-type] # a table

    def _fingerprint(self, tx: Tx, order: str, bound: Mapping[str, Any]) -> bytes:
        who = f"{tx.principal.tenant_id}{tx.principal.user_id}{self._table.name}{order}{sorted(bound.items())!r}"
        return hashlib.blake2b(who.encode(), digest_size=16).digest()

    def _key_value(self, order: str, value: str | None) -> Any:
        if value is None:
            return None
        kind = self._table.c[order.partition(" ")[0]].type.python_type
        return kind.fromisoformat(value) if hasattr(kind, "fromisoformat") else kind(value)


def _first(statement: Select[Any], key: tuple[Any, Any], falling: bool) -> Select[Any]:
    """As many rows as a page wants, in the order of the key."""
    turn = desc if falling else asc
    # NULLS LAST only where it can matter: falling, it would keep PostgreSQL from a plain index.
    first = turn(key[0]).nulls_last() if _may_lack(key[0]) else turn(key[0])
    return statement.order_by(first, turn(key[1])).limit(bindparam("limit", type_=Integer))


def _of_part(part: Part, page: Select[Any]) -> Select[Any]:
    """A page of the part: of each team by itself, where it is a team's."""
    if not part.per_team:
        return select(page.subquery())
    of_team = lateral(page)
    return select(of_team).select_from(EACH_TEAM.join(of_team, true()))


def _beyond(key: tuple[Column[Any], Column[Any]], falling: bool, further: str) -> ColumnElement[bool]:
    """Rows that come after the last one seen. Those without a value come last, whatever the direction."""
    column, identity = key
    last_id = bindparam("after_id", type_=identity.type)
    if further == BEYOND_UNSET:
        return column.is_(None) & (identity < last_id if falling else identity > last_id)
    last = tuple_(bindparam("after", type_=column.type), last_id)
    beyond = tuple_(*key) < last if falling else tuple_(*key) > last
    return beyond | column.is_(None) if _may_lack(column) else beyond


def _may_lack(column: Column[Any]) -> bool:
    """Whether rows may have no value there: of what a subquery makes nobody says that they always have."""
    return bool(getattr(column, "nullable", True))


def _is_set(request: Any, name: str) -> bool:
    if request.DESCRIPTOR.fields_by_name[name].has_presence:
        return bool(request.HasField(name))
    value = getattr(request, name)
    return len(value) > 0 if hasattr(value, "__len__") else bool(value)
