"""Finding who decides about what a team owns."""

from uuid import UUID

from gateway.identity.directory.store import DECIDING
from gateway.identity.teams.operations import parents
from gateway.identity.users.domain import Role, User
from gateway.identity.users.store import codec
from services.kit.database import Tx
from services.kit.trees import upwards


async def managers(tx: Tx, team_id: UUID | None) -> list[User]:
    """The managers of the team, or of the nearest one above that has some besides the caller, or else the bosses."""
    deciding = [codec.from_row(row) for row in await tx.fetch(DECIDING)]
    for team in upwards(await parents(tx), team_id):
        if found := [one for one in deciding if one.role is Role.MANAGER and one.team_id == team]:
            return found
    return [one for one in deciding if one.role is Role.BOSS]
