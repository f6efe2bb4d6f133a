"""Let facts and sums follow an owner to another team."""

from uuid import UUID

from services.analytics.rollups.domain import NOBODY
from services.analytics.rollups.operations import hold
from services.analytics.rollups.store import WHOSE
from services.analytics.teams.domain import moved
from services.analytics.teams.store import KINDS, OWNED, RESTAMP
from services.kit.database import Tx


async def follow(tx: Tx, owner_id: UUID, team_id: UUID | None) -> None:
    """Count all that the owner has in the team where the owner works now."""
    for kind in KINDS:
        await hold(tx, kind)
    for rollup, owned in OWNED:
        rows = [tuple(row) for row in await tx.fetch(owned, owner=owner_id, team=team_id or NOBODY)]
        team, cell, sums = WHOSE.index("team_id"), len(WHOSE), len(rollup.key)
        found = ((row[team], row[cell:sums], row[sums:]) for row in rows)
        await rollup.add(tx, moved(found, owner_id, team_id))
    for statement in RESTAMP:
        await tx.execute(statement, owner=owner_id, team=team_id)
