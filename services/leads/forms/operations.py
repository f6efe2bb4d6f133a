"""What people do with forms: draft, change, open and close them."""

from collections.abc import Callable
from uuid import UUID

from dealtrail.leads.v1 import forms_pb2 as pb

from services.kit.database import Tx
from services.kit.errors import Violated
from services.leads.campaigns import operations as campaigns
from services.leads.forms.domain import Form, picture_type
from services.leads.forms.store import KEEP_CONSENT_TEXT, SET_PICTURE, field_codec, forms


async def create(tx: Tx, form: Form) -> Form:
    """Draft a form. Refused: UNKNOWN_CAMPAIGN, and what makes it unfillable."""
    form.must_be_fillable()
    await campaigns.known(tx, form.campaign_id)
    await forms.add(tx, form)
    await _keep_consent_text(tx, form)
    return form


async def update(tx: Tx, request: pb.UpdateFormRequest) -> Form:
    """Set what the request gives. Refused: FORM_CLOSED, and what makes it unfillable."""
    form = await forms.locked(tx, UUID(request.id))
    form.must_not_be_closed()
    before = form.consent_version
    for name in ("title", "thanks"):
        if request.HasField(name):
            setattr(form, name, getattr(request, name))
    if request.texts:
        form.texts = list(request.texts)
    if request.fields:
        form.fields = [field_codec.from_message(one) for one in request.fields]
    if request.HasField("consent_text"):
        form.consent_to(request.consent_text)
    form.must_be_fillable()
    await forms.save(tx, form)
    if form.consent_version != before:
        await _keep_consent_text(tx, form)
    return form


async def set_picture(tx: Tx, form_id: UUID, number: int, content: bytes) -> Form:
    """Add a picture or put another in its place. Refused: FORM_CLOSED, NO_SUCH_PICTURE_FORMAT, INVALID."""
    form = await forms.locked(tx, form_id)
    form.must_not_be_closed()
    media_type = picture_type(content)
    following = form.pictures + 1
    if number > following:
        raise Violated(("number", f"the next picture is {following}", f"下一张图片的序号是 {following}"))
    form.pictures = max(form.pictures, number)
    await tx.execute(SET_PICTURE, form_id=form_id, number=number, media_type=media_type, content=content)
    await forms.save(tx, form)
    return form


async def change(tx: Tx, form_id: UUID, step: Callable[[Form], None]) -> Form:
    """Let a form go a step of its life. Refused: FORM_CLOSED."""
    form = await forms.locked(tx, form_id)
    before = form.state
    step(form)
    if form.state is not before:
        await forms.save(tx, form)
    return form


async def _keep_consent_text(tx: Tx, form: Form) -> None:
    await tx.insert(
        KEEP_CONSENT_TEXT,
        form_id=form.id,
        number=form.consent_version,
        text=form.consent_text,
        create_time=tx.now,
    )
