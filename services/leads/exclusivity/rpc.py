"""ExclusivityService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import exclusivity_pb2 as pb
from dealtrail.leads.v1 import leads_pb2

from services.kit.database import Tx
from services.kit.directory import Directory
from services.leads.exclusivity import operations
from services.leads.leads.store import codec


class ExclusivityServicer:
    """See proto/dealtrail/leads/v1/exclusivity.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CountExclusiveLeads(self, _: pb.CountExclusiveLeadsRequest, tx: Tx) -> pb.ExclusiveLeads:
        owners = [
            pb.ExclusiveLeads.Owner(
                owner_id=str(one.owner_id),
                team_id=str(one.team_id or ""),
                open=one.open,
                converted=one.converted,
                discarded=one.discarded,
            )
            for one in await operations.count(tx)
        ]
        return pb.ExclusiveLeads(owners=owners)

    async def OverrideExclusivity(self, request: pb.OverrideExclusivityRequest, tx: Tx) -> leads_pb2.Lead:
        lead_id = UUID(request.id)
        lead = await operations.override(tx, self._directory, lead_id, request.owner_id, request.purpose)
        return codec.to_message(lead)
