"""What facts add to the sums of their owners, teams and tenant, and what a change of facts changes there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import add, neg
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


class Changes:
    """What is to be added to the sums, gathered from many facts. What cancels out is not among it."""

    def __init__(self) -> None:
        self._owned: dict[tuple[UUID, UUID], dict[Cell, Sums]] = {}

    def count(self, before: Share, after: Share) -> None:
        """A fact that added `before` adds `after` from now on."""
        same_owner = before.owner_id == after.owner_id and before.team_id == after.team_id
        gone = self._of(before)
        for cell, sums in before.cells.items():
            if not same_owner or after.cells.get(cell) != sums:
                put(gone, cell, tuple(map(neg, sums)))
        come = self._of(after)
        for cell, sums in after.cells.items():
            if not same_owner or before.cells.get(cell) != sums:
                put(come, cell, sums)

    def _of(self, share: Share) -> dict[Cell, Sums]:
        return self._owned.setdefault((share.owner_id, share.team_id or NOBODY), {})

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Level, owner, team, cell and sums: those of each owner, and added up for the teams and the tenant."""
        tenant: dict[Cell, Sums] = {}
        teams: dict[UUID, dict[Cell, Sums]] = {}
        for (owner, team), cells in self._owned.items():
            yield from _rows(Level.OWNER, owner, team, cells)
            of_team = teams.setdefault(team, {})
            for cell, sums in cells.items():
                put(of_team, cell, sums)
        for team, cells in teams.items():
            yield from _rows(Level.TEAM, NOBODY, team, cells)
            for cell, sums in cells.items():
                put(tenant, cell, sums)
        yield from _rows(Level.TENANT, NOBODY, NOBODY, tenant)


def put(into: dict[Cell, Sums], cell: Cell, sums: Sums) -> None:
    """Add to the sums of a cell."""
    known = into.get(cell)
    into[cell] = sums if known is None else tuple(map(add, known, sums))


def _rows(level: Level, owner: UUID, team: UUID, cells: Mapping[Cell, Sums]) -> Iterator[tuple[Any, ...]]:
    for cell, sums in cells.items():
        if any(sums):
            yield (level.value, owner, team, *cell, *sums)
