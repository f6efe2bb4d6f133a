"""VisitPlansService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import visit_plans_pb2 as pb

from services.kit.database import Tx
from services.leads.visit_plans import operations
from services.leads.visit_plans.domain import BEST, Purpose, overall
from services.leads.visit_plans.store import codec, group_codec


class VisitPlansServicer:
    """See proto/dealtrail/leads/v1/visit_plans.proto."""

    async def ListVisitRules(self, _: pb.ListVisitRulesRequest, tx: Tx) -> pb.ListVisitRulesResponse:
        return pb.ListVisitRulesResponse(rules=map(codec.to_message, await operations.plan(tx)))

    async def SetVisitRule(self, request: pb.SetVisitRuleRequest, tx: Tx) -> pb.VisitRule:
        return codec.to_message(await operations.set_rule(tx, codec.from_message(request)))

    async def GetCompliance(self, request: pb.GetComplianceRequest, tx: Tx) -> pb.Compliance:
        groups = await operations.done(tx, UUID(request.cycle_id))
        return pb.Compliance(groups=map(group_codec.to_message, groups), rate=overall(groups))

    async def SuggestForm(self, request: pb.SuggestFormRequest, _: Tx) -> pb.FormSuggestion:
        form = BEST[Purpose[pb.SuggestFormRequest.Purpose.Name(request.purpose)]]
        return pb.FormSuggestion(form=pb.VisitRule.Form.Value(form))
