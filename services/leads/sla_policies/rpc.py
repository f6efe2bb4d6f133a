"""SlaPoliciesService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import sla_policies_pb2 as pb

from services.kit.database import Tx
from services.kit.directory import Directory
from services.leads.sla_policies import operations
from services.leads.sla_policies.domain import SlaPolicy
from services.leads.sla_policies.store import codec


class SlaPoliciesServicer:
    """See proto/dealtrail/leads/v1/sla_policies.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def ListSlaPolicies(self, _: pb.ListSlaPoliciesRequest, tx: Tx) -> pb.ListSlaPoliciesResponse:
        found = await operations.current(tx)
        return pb.ListSlaPoliciesResponse(policies=map(codec.to_message, found.all))

    async def SetSlaPolicy(self, request: pb.SetSlaPolicyRequest, tx: Tx) -> pb.SlaPolicy:
        policy = SlaPolicy(
            code=request.code,
            priority=request.priority,
            team_id=UUID(request.team_id) if request.team_id else None,
            channel=request.channel.strip(),
            response_minutes=request.response_minutes,
            escalate_minutes=request.escalate_minutes,
            disposition_days=request.disposition_days,
            manager_id=UUID(request.manager_id),
            manager_team_id=None,
            reassign=request.reassign,
            active=request.active,
        )
        return codec.to_message(await operations.set_policy(tx, self._directory, policy))
