"""Keep reports, and note that they were read."""

from uuid import UUID

from dealtrail.analytics.v1 import lead_reports_pb2 as pb

from services.analytics.lead_reports.domain import LeadReport, LeadReportCount
from services.analytics.lead_reports.store import FIGURES, codec, reports
from services.kit.database import Tx


async def deliver(tx: Tx, report: LeadReport, content: pb.LeadReport | None) -> None:
    """Keep a report with what was counted for it, if its recipient is still here.

    What is kept stays, however often it is told of.
    """
    if content is not None:
        report.content, report.deliver_time = content.SerializeToString(), tx.now
    await reports.add_new(tx, [report])


async def read(tx: Tx, report_id: UUID) -> LeadReport:
    """Note that the caller has read it. Reading it again changes nothing."""
    report = await reports.locked(tx, report_id)
    if report.read(tx.now):
        await reports.save(tx, report)
    return report


async def figures(tx: Tx, schedule: str) -> tuple[LeadReportCount, list[LeadReportCount]]:
    """How many fell due, were delivered and read: all together, and by schedule and recipient."""
    given = {"schedule": schedule} if schedule else {}
    [total] = await tx.fetch(FIGURES(False, bool(schedule)), **given)
    rows = await tx.fetch(FIGURES(True, bool(schedule)), **given)
    return LeadReportCount(*total), [LeadReportCount(*row) for row in rows]


def message(report: LeadReport, *, whole: bool) -> pb.LeadReport:
    """The report, with its numbers if it is to be `whole`."""
    told = codec.to_message(report)
    if whole:
        told.MergeFrom(pb.LeadReport.FromString(report.content))
    setattr(told, "from", report.start.isoformat())
    told.to = report.end.isoformat()
    return told
