"""What a fact adds to the sums of its owner, its team and its tenant, and what a change of it changes there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

NOBODY = UUID(int=0)
"""Stands where sums are not those of an owner, or of a team."""

Cell = tuple[Any, ...]
Sums = tuple[Any, ...]


class Level(StrEnum):
    """Whose sums they are."""

    TENANT = "TENANT"
    TEAM = "TEAM"
    OWNER = "OWNER"


@dataclass(frozen=True, slots=True)
class Share:
    """What one fact adds: the cells that it counts in and what it adds to each, for its owner."""

    owner_id: UUID
    team_id: UUID | None
    cells: Mapping[Cell, Sums]


NOTHING = Share(NOBODY, None, {})


def changes(before: Share, after: Share) -> dict[Cell, Sums]:
    """What to add to the sums once a fact that added `before` adds `after`, by level, owner, team and cell."""
    if (before.owner_id, before.team_id) == (after.owner_id, after.team_id):
        moved = Share(after.owner_id, after.team_id, difference(before.cells, after.cells))
        return dict(_spread(moved))
    return difference(dict(_spread(before)), dict(_spread(after)))


def difference(before: Mapping[Cell, Sums], after: Mapping[Cell, Sums]) -> dict[Cell, Sums]:
    """`after` minus `before`, without the cells where nothing changed."""
    found = {}
    for cell in before.keys() | after.keys():
        was, now = before.get(cell), after.get(cell)
        if was != now:
            found[cell] = minus(now or (0,) * len(was or ()), was or (0,) * len(now or ()))
    return found


def plus(one: Sums, other: Sums) -> Sums:
    """The sums of two."""
    return tuple(a + b for a, b in zip(one, other, strict=True))


def minus(one: Sums, other: Sums) -> Sums:
    """What one has more than the other."""
    return tuple(a - b for a, b in zip(one, other, strict=True))


def merge(into: dict[Cell, Sums], more: Mapping[Cell, Sums]) -> None:
    """Add up changes of several facts."""
    for cell, sums in more.items():
        into[cell] = plus(into[cell], sums) if cell in into else sums


def _spread(share: Share) -> Iterator[tuple[Cell, Sums]]:
    team = share.team_id or NOBODY
    for cell, sums in share.cells.items():
        yield (Level.TENANT, NOBODY, NOBODY, *cell), sums
        yield (Level.TEAM, NOBODY, team, *cell), sums
        yield (Level.OWNER, share.owner_id, team, *cell), sums
