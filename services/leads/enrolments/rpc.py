"""EnrolmentsService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import enrolments_pb2 as pb

from services.kit.batch import Batch
from services.kit.database import Tx
from services.kit.replies import PageReply, RowReply
from services.leads.enrolments import operations
from services.leads.enrolments.domain import Enrolment
from services.leads.enrolments.store import codec, enrolments, listing
from services.leads.nurture_plans.domain import STANDARD


class EnrolmentsServicer:
    """See proto/dealtrail/leads/v1/enrolments.proto."""

    async def EnrolLead(self, request: pb.EnrolLeadRequest, tx: Tx) -> pb.Enrolment:
        return codec.to_message(await _enrol(tx, request))

    async def BatchEnrolLeads(self, request: pb.BatchEnrolLeadsRequest, tx: Tx) -> pb.BatchEnrolLeadsResponse:
        batch = await Batch.read(request.enrolments, lambda item: _enrol(tx, item))
        return pb.BatchEnrolLeadsResponse(results=batch.results)

    async def GetEnrolment(self, request: pb.GetEnrolmentRequest, tx: Tx) -> RowReply[pb.Enrolment]:
        return codec.reply(await enrolments.row(tx, UUID(request.id)))

    async def ListEnrolments(self, request: pb.ListEnrolmentsRequest, tx: Tx) -> PageReply[pb.ListEnrolmentsResponse]:
        return await listing.reply(tx, request, pb.ListEnrolmentsResponse, codec)

    async def PauseEnrolment(self, request: pb.PauseEnrolmentRequest, tx: Tx) -> pb.Enrolment:
        return codec.to_message(await operations.pause(tx, UUID(request.id)))

    async def ResumeEnrolment(self, request: pb.ResumeEnrolmentRequest, tx: Tx) -> pb.Enrolment:
        return codec.to_message(await operations.resume(tx, UUID(request.id)))

    async def EndEnrolment(self, request: pb.EndEnrolmentRequest, tx: Tx) -> pb.Enrolment:
        return codec.to_message(await operations.end(tx, UUID(request.id)))


async def _enrol(tx: Tx, request: pb.EnrolLeadRequest) -> Enrolment:
    return await operations.enrol(tx, UUID(request.lead_id), request.plan or STANDARD.code)
