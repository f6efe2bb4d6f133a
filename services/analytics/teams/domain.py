"""What moves from team to team with an owner."""

from collections.abc import Iterable
from uuid import UUID

from services.analytics.rollups.domain import NOBODY, Cell, Level, Sums, merge, minus


def moved(owned: Iterable[tuple[UUID, Cell, Sums]], owner_id: UUID, team_id: UUID | None) -> dict[Cell, Sums]:
    """What to add to the sums once the owner's sums, given with the team they are counted in, count in `team_id`."""
    to = team_id or NOBODY
    found: dict[Cell, Sums] = {}
    for team, cell, sums in owned:
        less = minus((0,) * len(sums), sums)
        for level, owner in ((Level.OWNER, owner_id), (Level.TEAM, NOBODY)):
            merge(found, {(level, owner, team, *cell): less, (level, owner, to, *cell): sums})
    return found
