"""`python -m services.analytics`: settings and wiring; one look shows all that the process needs."""

from dealtrail.analytics.v1 import (
    channels_pb2,
    funnel_pb2,
    growth_pb2,
    lead_process_pb2,
    lead_quality_pb2,
    lead_reports_pb2,
    nurturing_pb2,
    personas_pb2,
    receivables_pb2,
    rows_pb2,
    small_funnel_pb2,
)

from services.analytics.channels import consumers as channels
from services.analytics.channels.rpc import ChannelsServicer
from services.analytics.deals import consumers as deals
from services.analytics.descriptions import consumers as descriptions
from services.analytics.funnel.rpc import FunnelServicer
from services.analytics.growth.rpc import GrowthServicer
from services.analytics.instalments import consumers as instalments
from services.analytics.lead_process.rpc import LeadProcessServicer
from services.analytics.lead_quality.rpc import LeadQualityServicer
from services.analytics.lead_reports import consumers as lead_reports
from services.analytics.lead_reports.rpc import LeadReportsServicer
from services.analytics.leads import consumers as leads
from services.analytics.merges import consumers as merges
from services.analytics.nurturing import consumers as nurturing
from services.analytics.nurturing.rpc import NurturingServicer
from services.analytics.personas.rpc import PersonasServicer
from services.analytics.prospects import consumers as prospects
from services.analytics.receivables.rpc import ReceivablesServicer
from services.analytics.refused_promotions import consumers as refused_promotions
from services.analytics.rows.rpc import RowsServicer
from services.analytics.small_funnel.rpc import SmallFunnelServicer
from services.analytics.teams import consumers as teams
from services.kit.events import Subscriptions
from services.kit.runtime import Process, run
from services.kit.settings import Settings

subscriptions = Subscriptions("analytics")
for feature in (
    *(channels, deals, instalments, descriptions, leads, lead_reports, merges, nurturing, prospects),
    *(refused_promotions, teams),
):
    subscriptions.include(feature.subscriptions)


def wire(process: Process) -> None:
    """Analytics hears of leads, deals, contracts and the teams of their owners; it asks nobody."""
    process.listen(subscriptions)
    process.offer(funnel_pb2.DESCRIPTOR.services_by_name["FunnelService"], FunnelServicer())
    process.offer(growth_pb2.DESCRIPTOR.services_by_name["GrowthService"], GrowthServicer())
    process.offer(receivables_pb2.DESCRIPTOR.services_by_name["ReceivablesService"], ReceivablesServicer())
    process.offer(channels_pb2.DESCRIPTOR.services_by_name["ChannelsService"], ChannelsServicer())
    process.offer(lead_quality_pb2.DESCRIPTOR.services_by_name["LeadQualityService"], LeadQualityServicer())
    process.offer(lead_process_pb2.DESCRIPTOR.services_by_name["LeadProcessService"], LeadProcessServicer())
    process.offer(nurturing_pb2.DESCRIPTOR.services_by_name["NurturingService"], NurturingServicer())
    small_funnel = small_funnel_pb2.DESCRIPTOR.services_by_name["SmallFunnelService"]
    process.offer(small_funnel, SmallFunnelServicer())
    process.offer(personas_pb2.DESCRIPTOR.services_by_name["PersonasService"], PersonasServicer())
    process.offer(lead_reports_pb2.DESCRIPTOR.services_by_name["LeadReportsService"], LeadReportsServicer())
    process.offer(rows_pb2.DESCRIPTOR.services_by_name["RowsService"], RowsServicer())


if __name__ == "__main__":
    run("analytics", Settings.from_environment(), wire)
