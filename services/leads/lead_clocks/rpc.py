"""LeadClocksService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import lead_clocks_pb2 as pb

from services.kit.database import Tx
from services.kit.replies import PageReply, RowReply
from services.leads.lead_clocks.store import clock_of, clocks, codec, overdue


class LeadClocksServicer:
    """See proto/dealtrail/leads/v1/lead_clocks.proto."""

    async def GetLeadClock(self, request: pb.GetLeadClockRequest, tx: Tx) -> RowReply[pb.LeadClock]:
        return codec.reply(await clocks.row(tx, clock_of(UUID(request.lead_id))))

    async def ListOverdueLeads(
        self, request: pb.ListOverdueLeadsRequest, tx: Tx
    ) -> PageReply[pb.ListOverdueLeadsResponse]:
        return await overdue.reply(tx, request, pb.ListOverdueLeadsResponse, codec)
