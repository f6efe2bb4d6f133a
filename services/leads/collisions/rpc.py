"""CollisionsService over gRPC: decode, do one operation, encode what the caller may see."""

from uuid import UUID

from dealtrail.leads.v1 import collisions_pb2 as pb

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.leads.collisions import operations
from services.leads.collisions.store import codec, collisions, listing


class CollisionsServicer:
    """See proto/dealtrail/leads/v1/collisions.proto."""

    async def GetCollision(self, request: pb.GetCollisionRequest, tx: Tx) -> pb.Collision:
        return operations.shown(await collisions.get(tx, UUID(request.id)), tx.principal)

    async def ListCollisions(self, request: pb.ListCollisionsRequest, tx: Tx) -> pb.ListCollisionsResponse:
        rows, token = await listing.page(tx, request)
        found = [operations.shown(codec.from_row(row), tx.principal) for row in rows]
        return pb.ListCollisionsResponse(collisions=found, next_page_token=token)

    async def GetCollisionFigures(self, request: pb.GetCollisionFiguresRequest, tx: Tx) -> pb.CollisionFigures:
        since = from_timestamp(request.from_time) if request.HasField("from_time") else None
        until = from_timestamp(request.to_time) if request.HasField("to_time") else None
        return await operations.figures(tx, since, until)

    async def AwardCollision(self, request: pb.AwardCollisionRequest, tx: Tx) -> pb.Collision:
        awarded = await operations.decide(tx, UUID(request.id), UUID(request.winner), request.why)
        return operations.shown(awarded, tx.principal)

    async def AppealCollision(self, request: pb.AppealCollisionRequest, tx: Tx) -> pb.Collision:
        return operations.shown(await operations.appeal(tx, UUID(request.id), request.why), tx.principal)

    async def DecideAppeal(self, request: pb.DecideAppealRequest, tx: Tx) -> pb.Collision:
        decided = await operations.decide_appeal(tx, UUID(request.id), UUID(request.winner), request.why)
        return operations.shown(decided, tx.principal)
