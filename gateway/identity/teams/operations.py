"""What BOSS and ADMIN do with teams. One change of a tenant's teams at a time: two moves could else close a circle."""

from collections.abc import Mapping
from uuid import UUID

from dealtrail.identity.v1 import events_pb2 as events

from gateway.identity.teams.domain import MOST_TEAMS, Team, TeamNameTaken, TooManyTeams, must_stand_under
from gateway.identity.teams.store import BESIDE, PARENTS, codec, teams
from gateway.identity.tenants.operations import change_directory
from services.kit.database import Tx


async def parents(tx: Tx) -> Mapping[UUID, UUID | None]:
    """All teams of the tenant, and which team each stands under."""
    return {row["id"]: row["parent_id"] for row in await tx.fetch(PARENTS)}


async def create(tx: Tx, team: Team) -> Team:
    """Found a team; one whose id is known stays as it stands."""
    await change_directory(tx)
    tree = await parents(tx)
    if team.id in tree:
        return await teams.get(tx, team.id)
    if len(tree) >= MOST_TEAMS:
        raise TooManyTeams(limit=MOST_TEAMS)
    must_stand_under(tree, team.id, team.parent_id)
    await _must_be_free(tx, team.name, team.parent_id)
    await teams.add(tx, team)
    tx.emit(events.TeamCreated(team=codec.to_message(team)), team)
    return team


async def rename(tx: Tx, team_id: UUID, name: str) -> Team:
    """Give a team another name."""
    await change_directory(tx)
    team = await teams.locked(tx, team_id)
    if name == team.name:
        return team
    await _must_be_free(tx, name, team.parent_id)
    former, team.name = team.name, name
    await teams.save(tx, team)
    tx.emit(events.TeamRenamed(team=codec.to_message(team), from_name=former), team)
    return team


async def move(tx: Tx, team_id: UUID, parent_id: UUID | None) -> Team:
    """Put a team, with all below it, under another one or at the top."""
    await change_directory(tx)
    team = await teams.locked(tx, team_id)
    if parent_id == team.parent_id:
        return team
    must_stand_under(await parents(tx), team.id, parent_id)
    await _must_be_free(tx, team.name, parent_id)
    former, team.parent_id = team.parent_id, parent_id
    await teams.save(tx, team)
    tx.emit(events.TeamMoved(team=codec.to_message(team), from_parent_id=str(former or "")), team)
    return team


async def _must_be_free(tx: Tx, name: str, parent_id: UUID | None) -> None:
    if await tx.fetch_one(BESIDE, name=name, parent=parent_id):
        raise TeamNameTaken(name=name)
