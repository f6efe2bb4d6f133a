"""LeadReportsService over gRPC."""

from uuid import UUID

from dealtrail.analytics.v1 import lead_reports_pb2 as pb

from services.analytics.lead_reports import operations
from services.analytics.lead_reports.domain import LeadReportCount
from services.analytics.lead_reports.operations import message
from services.analytics.lead_reports.store import codec, count_codec, listing, reports
from services.kit.database import Tx


class LeadReportsServicer:
    """See proto/dealtrail/analytics/v1/lead_reports.proto."""

    async def GetLeadReport(self, request: pb.GetLeadReportRequest, tx: Tx) -> pb.LeadReport:
        return message(await reports.get(tx, UUID(request.id)), whole=True)

    async def ListLeadReports(self, request: pb.ListLeadReportsRequest, tx: Tx) -> pb.ListLeadReportsResponse:
        rows, token = await listing.page(tx, request)
        found = [message(codec.from_row(row), whole=False) for row in rows]
        return pb.ListLeadReportsResponse(reports=found, next_page_token=token)

    async def ReadLeadReport(self, request: pb.ReadLeadReportRequest, tx: Tx) -> pb.LeadReport:
        return message(await operations.read(tx, UUID(request.id)), whole=True)

    async def GetLeadReportFigures(self, request: pb.GetLeadReportFiguresRequest, tx: Tx) -> pb.LeadReportFigures:
        total, counts = await operations.figures(tx, request.schedule)
        return pb.LeadReportFigures(total=_count(total), counts=map(_count, counts))


def _count(count: LeadReportCount) -> pb.LeadReportCount:
    told = count_codec.to_message(count)
    for name in ("delivered_share", "read_share"):
        if (share := getattr(count, name)) is not None:
            setattr(told, name, share)
    return told
