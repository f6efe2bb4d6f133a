"""FormsService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import forms_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply, RowReply
from services.leads.forms import operations
from services.leads.forms.domain import THANKS, Form
from services.leads.forms.store import codec, field_codec, forms, listing


class FormsServicer:
    """See proto/dealtrail/leads/v1/forms.proto."""

    async def CreateForm(self, request: pb.CreateFormRequest, tx: Tx) -> pb.Form:
        form = Form(
            id=new_id(),
            title=request.title.strip(),
            campaign_id=UUID(request.campaign_id),
            texts=list(request.texts),
            fields=[field_codec.from_message(one) for one in request.fields],
            consent_text=request.consent_text.strip(),
            thanks=request.thanks.strip() or THANKS,
            create_time=tx.now,
            update_time=tx.now,
        )
        return codec.to_message(await operations.create(tx, form))

    async def GetForm(self, request: pb.GetFormRequest, tx: Tx) -> RowReply[pb.Form]:
        return codec.reply(await forms.row(tx, UUID(request.id)))

    async def ListForms(self, request: pb.ListFormsRequest, tx: Tx) -> PageReply[pb.ListFormsResponse]:
        return await listing.reply(tx, request, pb.ListFormsResponse, codec)

    async def UpdateForm(self, request: pb.UpdateFormRequest, tx: Tx) -> pb.Form:
        return codec.to_message(await operations.update(tx, request))

    async def SetPicture(self, request: pb.SetPictureRequest, tx: Tx) -> pb.Form:
        form_id = UUID(request.id)
        return codec.to_message(await operations.set_picture(tx, form_id, request.number, request.content))

    async def PublishForm(self, request: pb.PublishFormRequest, tx: Tx) -> pb.Form:
        return codec.to_message(await operations.change(tx, UUID(request.id), Form.publish))

    async def CloseForm(self, request: pb.CloseFormRequest, tx: Tx) -> pb.Form:
        return codec.to_message(await operations.change(tx, UUID(request.id), Form.close))
