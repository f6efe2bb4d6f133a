"""LeadClocksService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import lead_clocks_pb2 as pb

from services.kit.database import Tx
from services.leads.lead_clocks.store import clock_of, clocks, codec, overdue


class LeadClocksServicer:
    """See proto/dealtrail/leads/v1/lead_clocks.proto."""

    async def GetLeadClock(self, request: pb.GetLeadClockRequest, tx: Tx) -> pb.LeadClock:
        return codec.row_to_message(await clocks.row(tx, clock_of(UUID(request.lead_id))))

    async def ListOverdueLeads(self, request: pb.ListOverdueLeadsRequest, tx: Tx) -> pb.ListOverdueLeadsResponse:
        rows, token = await overdue.page(tx, request)
        return pb.ListOverdueLeadsResponse(clocks=map(codec.row_to_message, rows), next_page_token=token)
