"""Reports fall due, as leads tell."""

from datetime import date
from typing import Any
from uuid import UUID

from dealtrail.analytics.v1 import lead_reports_pb2 as pb
from dealtrail.leads.v1 import events_pb2
from dealtrail.type.v1 import access_pb2

from services.analytics.days import Period
from services.analytics.lead_process import operations as lead_process
from services.analytics.lead_process.rpc import stage_count
from services.analytics.lead_quality import operations as lead_quality
from services.analytics.lead_quality.rpc import MOST_GROUPS, group
from services.analytics.lead_reports import operations
from services.analytics.lead_reports.domain import LeadReport
from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.kit.principal import Principal

subscriptions = Subscriptions("analytics")


@subscriptions.on(events_pb2.LeadReportDue)
async def deliver(tx: Tx, event: Any, envelope: Envelope) -> None:
    """Count the report as its recipient sees leads, with what leads told before it: events come in their order."""
    told = event.report_delivery
    who = None
    if told.active:
        who = Principal(
            tenant_id=envelope.tenant_id,
            user_id=UUID(told.recipient_id),
            role=access_pb2.Role.Name(told.role),
            team_id=UUID(told.team_id) if told.team_id else None,
            teams=tuple(map(UUID, told.team_ids)),
        )
    within = Period(date.fromisoformat(getattr(told, "from")), date.fromisoformat(told.to))
    report = LeadReport(
        id=UUID(told.id),
        schedule=told.schedule,
        title=told.title,
        recipient_id=UUID(told.recipient_id),
        start=within.start,
        end=within.end,
        due_time=from_timestamp(told.due_time),
        create_time=tx.now,
        update_time=tx.now,
    )
    await operations.deliver(tx, report, await _counted(tx, within, who) if who else None)


async def _counted(tx: Tx, within: Period, who: Principal) -> pb.LeadReport:
    """The numbers of a report, over what `who` sees now."""
    groups, total = await lead_quality.count(tx, within, "TEAM", {}, who)
    stages = await lead_process.count(tx, within, {}, who)
    return pb.LeadReport(total=group(total), teams=map(group, groups[:MOST_GROUPS]), stages=map(stage_count, stages))
