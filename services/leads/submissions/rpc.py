"""SubmissionsService over gRPC: decode, do one operation, encode."""

from collections import Counter
from uuid import UUID

from dealtrail.leads.v1 import submissions_pb2 as pb

from services.kit.database import Tx
from services.leads.links import operations as links
from services.leads.submissions import operations


class SubmissionsServicer:
    """See proto/dealtrail/leads/v1/submissions.proto."""

    async def OpenForm(self, request: pb.OpenFormRequest, tx: Tx) -> pb.OpenedForm:
        return await operations.opened(tx, request.token)

    async def GetPicture(self, request: pb.GetPictureRequest, tx: Tx) -> pb.Picture:
        return await operations.picture(tx, UUID(request.form_id), request.number)

    async def CountViews(self, request: pb.CountViewsRequest, tx: Tx) -> pb.CountViewsResponse:
        counted: Counter[UUID] = Counter()
        for one in request.links:
            counted[UUID(one.link_id)] += one.views
        await operations.count_views(tx, counted)
        return pb.CountViewsResponse()

    async def PassOn(self, request: pb.PassOnRequest, tx: Tx) -> pb.PassedOn:
        return pb.PassedOn(token=(await links.pass_on(tx, UUID(request.link_id))).token)

    async def Submit(self, request: pb.SubmitRequest, tx: Tx) -> pb.SubmitResponse:
        await operations.submit(tx, request)
        return pb.SubmitResponse()
