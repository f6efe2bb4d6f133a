"""The audit log and what is kept of exports put together, served from the gateway's own database."""

from collections.abc import Iterable, Mapping

from dealtrail.audit.v1 import audit_pb2
from dealtrail.exports.v1 import export_quotas_pb2, export_requests_pb2, exports_pb2

from gateway.audit.rpc import AuditServicer, Own, Part
from gateway.export_requests.rpc import ExportRequestsServicer
from gateway.exports.rpc import ExportQuotasServicer, ExportsServicer
from gateway.peers import Invoke, LocalPeer
from services.kit import rpc
from services.kit.auditing import EntriesServicer
from services.kit.runtime import Process

ENTRIES = audit_pb2.DESCRIPTOR.services_by_name["EntriesService"]
AUDIT = audit_pb2.DESCRIPTOR.services_by_name["AuditService"]
EXPORTS = (
    (export_quotas_pb2.DESCRIPTOR.services_by_name["ExportQuotasService"], ExportQuotasServicer),
    (export_requests_pb2.DESCRIPTOR.services_by_name["ExportRequestsService"], ExportRequestsServicer),
    (exports_pb2.DESCRIPTOR.services_by_name["ExportsService"], ExportsServicer),
)


def records(process: Process, services: Iterable[str]) -> Mapping[str, Invoke]:
    """Who answers for the contract's packages "audit" and "exports". `services` keep parts of the log."""
    parts: list[Part] = [Own(EntriesServicer(process.name)), *(process.peer(name, ENTRIES) for name in services)]
    log = rpc.Service(AUDIT, AuditServicer(parts), process.database, process.verifier)
    exports = [rpc.Service(one, servicer(), process.database, process.verifier) for one, servicer in EXPORTS]
    return {"audit": LocalPeer(log), "exports": LocalPeer(*exports)}
