"""`python -m services.timeline`: settings and wiring; one look shows all that the process needs."""

from dealtrail.leads.v1 import accounts_pb2, leads_pb2
from dealtrail.opportunities.v1 import deals_pb2
from dealtrail.timeline.v1 import entries_pb2, persons_pb2, retention_pb2, touchpoint_kinds_pb2, touchpoints_pb2

from services.kit.events import Subscriptions
from services.kit.runtime import Process, run
from services.kit.settings import Settings
from services.timeline.consents import consumers as consents
from services.timeline.entries import consumers as entries
from services.timeline.entries.rpc import EntriesServicer
from services.timeline.persons.rpc import PersonsServicer
from services.timeline.retention import consumers as retention
from services.timeline.retention.operations import keep
from services.timeline.retention.rpc import RetentionServicer
from services.timeline.touchpoint_kinds.rpc import TouchpointKindsServicer
from services.timeline.touchpoints import consumers as touchpoints
from services.timeline.touchpoints.operations import Customers
from services.timeline.touchpoints.rpc import TouchpointsServicer

subscriptions = Subscriptions("timeline")
subscriptions.include(entries.subscriptions)
subscriptions.include(touchpoints.subscriptions)
subscriptions.include(consents.subscriptions)
subscriptions.include(retention.subscriptions)


def wire(process: Process) -> None:
    """The timeline hears all services, and asks leads and opportunities who sees what a touchpoint is about."""
    customers = Customers(
        process.peer("leads", accounts_pb2.DESCRIPTOR.services_by_name["AccountsService"]),
        process.peer("leads", leads_pb2.DESCRIPTOR.services_by_name["LeadsService"]),
        process.peer("opportunities", deals_pb2.DESCRIPTOR.services_by_name["DealsService"]),
    )
    recording = TouchpointsServicer(process.directory(), customers)
    process.offer(touchpoints_pb2.DESCRIPTOR.services_by_name["TouchpointsService"], recording)
    process.offer(entries_pb2.DESCRIPTOR.services_by_name["EntriesService"], EntriesServicer())
    process.offer(touchpoint_kinds_pb2.DESCRIPTOR.services_by_name["TouchpointKindsService"], TouchpointKindsServicer())
    process.offer(persons_pb2.DESCRIPTOR.services_by_name["PersonsService"], PersonsServicer())
    process.offer(retention_pb2.DESCRIPTOR.services_by_name["RetentionService"], RetentionServicer(customers))
    process.repeat("retention", 60, keep)
    process.listen(subscriptions)


if __name__ == "__main__":
    run("timeline", Settings.from_environment(), wire)
