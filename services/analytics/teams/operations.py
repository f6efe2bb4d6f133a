"""Let facts and sums follow an owner to another team."""

from uuid import UUID

from services.analytics.rollups.domain import NOBODY, Changes, Share
from services.analytics.rollups.operations import hold
from services.analytics.rollups.store import WHOSE
from services.analytics.teams.store import KINDS, OWNED, RESTAMP
from services.kit.database import Tx


async def follow(tx: Tx, owner_id: UUID, team_id: UUID | None) -> None:
    """Count all that the owner has in the team where the owner works now."""
    for kind in KINDS:
        await hold(tx, kind)
    for rollup, owned in OWNED:
        changes = Changes()
        for row in await tx.fetch(owned, owner=owner_id, team=team_id or NOBODY):
            of_owner = tuple(row)
            cells = {of_owner[len(WHOSE) : len(rollup.key)]: of_owner[len(rollup.key) :]}
            changes.count(Share(owner_id, row["team_id"], cells), Share(owner_id, team_id, cells))
        await rollup.add(tx, changes)
    for statement in RESTAMP:
        await tx.execute(statement, owner=owner_id, team=team_id)
