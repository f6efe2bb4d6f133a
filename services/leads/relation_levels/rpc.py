"""RelationLevelsService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import relation_levels_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply
from services.leads.accounts.store import accounts
from services.leads.days import day
from services.leads.relation_levels import operations
from services.leads.relation_levels.domain import RelationLevel
from services.leads.relation_levels.store import codec, distribution_codec, listing


class RelationLevelsServicer:
    """See proto/dealtrail/leads/v1/relation_levels.proto."""

    async def JudgeRelation(self, request: pb.JudgeRelationRequest, tx: Tx) -> pb.RelationLevel:
        judged = RelationLevel(
            id=new_id(),
            account_id=UUID(request.account_id),
            level=request.level,
            evidence=request.evidence.strip(),
            target_level=request.target_level or request.level,
            review_date=day("review_date", request.review_date),
            author_id=tx.principal.user_id,
            create_time=tx.now,
        )
        return codec.to_message(await operations.judge(tx, judged))

    async def ListRelationLevels(
        self, request: pb.ListRelationLevelsRequest, tx: Tx
    ) -> PageReply[pb.ListRelationLevelsResponse]:
        await accounts.row(tx, UUID(request.account_id))
        return await listing.reply(tx, request, pb.ListRelationLevelsResponse, codec)

    async def GetRelationDistribution(
        self, request: pb.GetRelationDistributionRequest, tx: Tx
    ) -> pb.RelationDistribution:
        as_of = day("as_of", request.as_of) if request.as_of else None
        since = day("since", request.since) if request.since else None
        return distribution_codec.to_message(await operations.standing(tx, as_of, since))
