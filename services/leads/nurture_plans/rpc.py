"""NurturePlansService over gRPC: decode, do one operation, encode."""

from dealtrail.leads.v1 import leads_pb2
from dealtrail.leads.v1 import nurture_plans_pb2 as pb

from services.kit.client import Peer
from services.kit.database import Tx
from services.leads.nurture_plans import operations
from services.leads.nurture_plans.domain import Cadence, NurturePlan, Touch
from services.leads.nurture_plans.store import codec
from services.leads.temperatures.domain import Temperature


class NurturePlansServicer:
    """See proto/dealtrail/leads/v1/nurture_plans.proto."""

    def __init__(self, kinds: Peer) -> None:
        self._kinds = kinds

    async def PublishNurturePlan(self, request: pb.PublishNurturePlanRequest, tx: Tx) -> pb.NurturePlan:
        plan = NurturePlan(
            code=request.code,
            label=request.label.strip(),
            cadences=tuple(map(_cadence, request.cadences)),
            by_rule=request.by_rule,
            active=request.active,
        )
        return codec.to_message(await operations.publish(tx, plan, await operations.catalogue(tx, self._kinds)))

    async def GetNurturePlan(self, request: pb.GetNurturePlanRequest, tx: Tx) -> pb.NurturePlan:
        return codec.to_message(await operations.get(tx, request.code, request.version))

    async def ListNurturePlans(self, _: pb.ListNurturePlansRequest, tx: Tx) -> pb.ListNurturePlansResponse:
        return pb.ListNurturePlansResponse(plans=map(codec.to_message, await operations.newest(tx)))


def _cadence(given: pb.Cadence) -> Cadence:
    touches = (Touch(one.day, one.kind, one.script_zh.strip(), one.script_en.strip()) for one in given.touches)
    return Cadence(Temperature(leads_pb2.Lead.Temperature.Name(given.temperature)), tuple(touches))
