"""From rows of a file to items of a batch: a mapping compiled for one import."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

import orjson
from protobuf import Message

from gateway.diagnosis import faults
from gateway.imports.dates import YEAR_FIRST
from gateway.imports.fields import Type
from gateway.imports.files import Row
from gateway.imports.kinds import Kind
from gateway.imports.mapping import Bound, ColumnMap, Step, Target
from gateway.imports.values import Convert, Fault, amount, converter

Group = dict[str, Any]
Lookup = Callable[[str, str, str], str]
"""From what is named, by what, and its name, to its id; raises Fault."""

SURPLUS = ("row", "has more cells than the header", "单元格多于表头")


@dataclass(frozen=True)
class Refused:
    """A row that cannot be recorded: each fault is a field and what is wrong with it, in English and in Chinese."""

    row: int
    cells: list[str]
    reason: str
    faults: list[tuple[str, str, str]]


@dataclass
class Chunk:
    """Rows that travel together: those that can be sent as items, and those that cannot."""

    rows: list[Row] = field(default_factory=list)
    items: list[Message] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


class Names:
    """The ids that follow from names: the same row has the same id whenever it is imported."""

    def __init__(self, tenant_id: UUID, key: str) -> None:
        self._spaces: dict[str, UUID] = {}
        self._root = uuid5(NAMESPACE_OID, f"{tenant_id}/{key}")

    def of(self, kind: str, name: str) -> str:
        """The id of what is imported as `kind` under that name."""
        space = self._spaces.get(kind) or self._spaces.setdefault(kind, uuid5(self._root, kind))
        made = hashlib.sha1(space.bytes + name.encode(), usedforsecurity=False).digest()
        return str(UUID(bytes=made[:16], version=5))


class Plan:
    """How rows of one file become items."""

    def __init__(
        self,
        kind: Kind,
        given: ColumnMap,
        bound: Bound,
        names: Names,
        digest: str,
        orders: Mapping[int, str],
        lookup: Lookup,
    ) -> None:
        self._kind = kind
        self._names = names
        self._digest = digest
        self._lookup = lookup
        self._currency = bound.currency
        self._values = given.values
        self._missing = frozenset(given.missing) | {""}
        self._defaults = bound.defaults
        zone = ZoneInfo(given.zone)
        # Currencies come first: an amount is read by the currency of its row.
        ordered = sorted(bound.columns, key=lambda target: target.field.type is Type.AMOUNT)
        self._columns = [
            (
                target,
                given.values.get(target.path, {}),
                self._converter(target, orders.get(target.column, YEAR_FIRST), zone),
            )
            for target in ordered
        ]
        self._fixed = {
            target.path: self._converter(target, given.date_format or YEAR_FIRST, zone) for target in bound.defaults
        }
        self._width = max((target.column for target in bound.columns), default=0) + 1
        self._home: tuple[Step, ...] = (kind.carrier,) if kind.carrier else ()
        filled = {group for target in bound.columns for group in _above(target.group)}
        self._always = [target for target in bound.defaults if target.group not in filled - {(), self._home}]
        groups = {group for target in (*bound.columns, *bound.defaults) for group in _above(target.group)}
        self._groups = sorted(
            (groups | {self._home}) - {()},
            key=lambda place: (-len(place), [str(step).zfill(4) for step in place]),
        )
        self._above = {target.group: _above(target.group) for target in (*bound.columns, *bound.defaults)}
        self._paths = {target.json_path: target.path for target in bound.columns}

    def prepare(self, rows: Sequence[Row], width: int) -> Chunk:
        """The items of these rows; `width` is that of the header."""
        chunk = Chunk()
        for number, cells in rows:
            found: list[tuple[str, str, str]] = [SURPLUS] if any(map(str.strip, cells[width:])) else []
            document = self._document(number, cells, found)
            if not found:
                try:
                    chunk.items.append(self._kind.item.from_json(orjson.dumps(document)))
                    chunk.rows.append((number, cells))
                    continue
                except (ValueError, TypeError, OverflowError):
                    found = [(self.path_of(name), en, zh) for name, en, zh in faults(self._kind.item.desc(), document)]
            chunk.refused.append(Refused(number, cells, "INVALID", found))
        return chunk

    def path_of(self, place: str) -> str:
        """A field as the mapping names it, from where it stands in the item."""
        return self._paths.get(place) or place.removeprefix(f"{self._kind.carrier}.")

    def named(self, names: str, by: str) -> list[Target]:
        """The fields that columns or defaults fill by naming things of that kind in that way."""
        targets = (*(target for target, _, _ in self._columns), *self._defaults)
        return [target for target in targets if target.field.names == names and target.field.by == by]

    def cell(self, target: Target, cells: list[str]) -> str:
        """What is named for a field, "" if nothing."""
        if target.column < 0:
            return target.default
        text = cells[target.column].strip() if target.column < len(cells) else ""
        text = self._values.get(target.path, {}).get(text, text)
        return "" if text in self._missing else text

    def _converter(self, target: Target, order: str, zone: ZoneInfo) -> Convert:
        if target.field.type is Type.REFERENCE:
            names, by = target.field.names, target.field.by
            if by == "externalId":
                return lambda text: self._names.of(names, text)
            return lambda text: self._lookup(names, by, text)
        return converter(target.field, order, zone)

    def _document(self, number: int, cells: list[str], found: list[tuple[str, str, str]]) -> Group:
        """The JSON of an item; faults are added to `found`."""
        groups: dict[tuple[Step, ...], Group] = {(): {}, self._home: {}}
        if len(cells) < self._width:
            cells = cells + [""] * (self._width - len(cells))
        for target, values, convert in self._columns:
            text = cells[target.column].strip()
            if values:
                text = values.get(text, text)
            if text not in self._missing:
                self._put(groups, target, convert, text, found)
        for target in self._defaults:
            wanted = target in self._always or target.group in groups
            if wanted and target.place[-1] not in groups.get(target.group, ()):
                self._put(groups, target, self._fixed[target.path], target.default, found)
        if not groups[self._home].get("id"):
            groups[self._home]["id"] = self._names.of(self._kind.name, f"{self._digest}/{number}")
        return self._assembled(groups)

    def _put(
        self,
        groups: dict[tuple[Step, ...], Group],
        target: Target,
        convert: Convert,
        text: str,
        found: list[tuple[str, str, str]],
    ) -> None:
        group = groups.get(target.group)
        if group is None:
            # Those that hold it are there with it, so that their defaults hold.
            for above in self._above[target.group]:
                groups.setdefault(above, {})
            group = groups[target.group]
        try:
            if target.field.type is Type.AMOUNT:
                group["amount"], group["currency"] = amount(text, group.get("currency") or self._currency)
            else:
                group[target.place[-1]] = convert(text)  # type: ignore[index] # a field ends in a name
        except Fault as fault:
            found.append((target.path, fault.en, fault.zh))

    def _assembled(self, groups: dict[tuple[Step, ...], Group]) -> Group:
        """The groups put into each other, the innermost first. Money without an amount is none."""
        for place in self._groups:
            group = groups.get(place)
            if group is None or group.keys() == {"currency"}:
                continue
            if isinstance(place[-1], int):
                above = groups.setdefault(place[:-2], {})
                above.setdefault(place[-2], []).append(group)  # type: ignore[arg-type] # a list stands under a name
            else:
                groups.setdefault(place[:-1], {})[place[-1]] = group
        return groups[()]


def _above(group: tuple[Step, ...]) -> set[tuple[Step, ...]]:
    """The group and all groups that hold it. A list is no group: its elements are."""
    return {group[:end] for end in range(len(group) + 1) if end == len(group) or not isinstance(group[end], int)}
