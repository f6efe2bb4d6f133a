"""RelationWallsService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import relation_walls_pb2 as pb

from services.kit.database import Tx
from services.kit.directory import Directory
from services.leads.relation_walls import operations
from services.leads.relation_walls.domain import WallScore
from services.leads.relation_walls.store import codec


class RelationWallsServicer:
    """See proto/dealtrail/leads/v1/relation_walls.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def ScoreWall(self, request: pb.ScoreWallRequest, tx: Tx) -> pb.RelationWall:
        scores = [WallScore(UUID(one.contact_id), UUID(one.user_id), one.strength) for one in request.scores]
        account_id = UUID(request.account_id)
        return codec.to_message(await operations.score(tx, self._directory, account_id, request.cycle, scores))

    async def GetWall(self, request: pb.GetWallRequest, tx: Tx) -> pb.RelationWall:
        return codec.to_message(await operations.show(tx, UUID(request.account_id), request.cycle))
