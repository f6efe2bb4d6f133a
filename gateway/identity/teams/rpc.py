"""TeamsService: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.identity.v1 import teams_pb2 as pb

from gateway.identity.teams import operations
from gateway.identity.teams.domain import Team
from gateway.identity.teams.store import codec, listing, teams
from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply, RowReply


class TeamsServicer:
    """See proto/dealtrail/identity/v1/teams.proto."""

    async def CreateTeam(self, request: pb.CreateTeamRequest, tx: Tx) -> pb.Team:
        team = Team(
            id=UUID(request.id) if request.id else new_id(),
            name=request.name.strip(),
            parent_id=_team_id(request.parent_id),
            create_time=tx.now,
            update_time=tx.now,
        )
        return codec.to_message(await operations.create(tx, team))

    async def GetTeam(self, request: pb.GetTeamRequest, tx: Tx) -> RowReply[pb.Team]:
        return codec.reply(await teams.row(tx, UUID(request.id)))

    async def ListTeams(self, request: pb.ListTeamsRequest, tx: Tx) -> PageReply[pb.ListTeamsResponse]:
        return await listing.reply(tx, request, pb.ListTeamsResponse, codec)

    async def RenameTeam(self, request: pb.RenameTeamRequest, tx: Tx) -> pb.Team:
        return codec.to_message(await operations.rename(tx, UUID(request.id), request.name.strip()))

    async def MoveTeam(self, request: pb.MoveTeamRequest, tx: Tx) -> pb.Team:
        return codec.to_message(await operations.move(tx, UUID(request.id), _team_id(request.parent_id)))


def _team_id(text: str) -> UUID | None:
    return UUID(text) if text else None
