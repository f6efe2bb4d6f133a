"""CollisionRulesService over gRPC."""

from collections.abc import Sequence

from dealtrail.leads.v1 import collision_rules_pb2 as pb

from services.kit.database import Tx
from services.leads.collision_rules import operations
from services.leads.collision_rules.domain import CollisionRule
from services.leads.collision_rules.store import codec


class CollisionRulesServicer:
    """See proto/dealtrail/leads/v1/collision_rules.proto."""

    async def ListCollisionRules(self, _: pb.ListCollisionRulesRequest, tx: Tx) -> pb.ListCollisionRulesResponse:
        return _told(await operations.in_use(tx))

    async def SetCollisionRules(self, request: pb.SetCollisionRulesRequest, tx: Tx) -> pb.ListCollisionRulesResponse:
        return _told(await operations.set_rules(tx, [codec.from_message(rule) for rule in request.rules]))


def _told(rules: Sequence[CollisionRule]) -> pb.ListCollisionRulesResponse:
    return pb.ListCollisionRulesResponse(rules=map(codec.to_message, rules))
