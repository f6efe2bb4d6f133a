"""What the public does with forms: open one, pass it on, leave a way to be reached."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import submissions_pb2 as pb

from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.leads.consents import operations as consents
from services.leads.consents.domain import Consent, Purpose
from services.leads.forms.domain import Taken
from services.leads.forms.store import PICTURE
from services.leads.forms.store import codec as form_codec
from services.leads.leads import operations as leads
from services.leads.leads.domain import Lead
from services.leads.leads.store import utm_codec
from services.leads.links import operations as links
from services.leads.links.domain import Link
from services.leads.links.store import COUNT_VIEWS
from services.leads.people import phone_mark
from services.leads.submissions.domain import Submission, consent_version, day_of, lead_of
from services.leads.submissions.store import ENTER, FORM, codec

CHANNEL = "FORM"
"""By which way a consent came that was given on a page."""


async def opened(tx: Tx, token: str) -> pb.OpenedForm:
    """What a token leads to. Refused: NOT_FOUND."""
    link = await links.by_token(tx, token)
    form = form_codec.row_to_message(await _form(tx, link))
    return pb.OpenedForm(link_id=str(link.id), owner_id=str(link.owner_id), form=form)


async def picture(tx: Tx, form_id: UUID, number: int) -> pb.Picture:
    """One picture of a form. Refused: NOT_FOUND."""
    row = await tx.fetch_one(PICTURE, form_id=form_id, number=number)
    if row is None:
        raise NotFound(kind="picture", kind_zh="图片")
    return pb.Picture(media_type=row["media_type"], content=row["content"])


async def count_views(tx: Tx, counted: Mapping[UUID, int]) -> None:
    """Count how often links were opened."""
    await tx.execute(COUNT_VIEWS, ids=list(counted), views=list(counted.values()))


async def submit(tx: Tx, request: pb.SubmitRequest) -> None:
    """Record what somebody left, once a form, phone and day. Refused: INVALID, FORM_NOT_PUBLISHED, FORM_CLOSED."""
    link = await links.known(tx, UUID(request.link_id))
    if link.owner_id != tx.principal.user_id:
        raise NotFound(kind="link", kind_zh="链接")
    row = await _form(tx, link)
    form = form_codec.from_row(row)
    form.must_be_published()
    taken = form.taken(request.answers, request.consented)
    lead_id = new_id()
    if not await _first_today(tx, link, taken, lead_id):
        return
    lead = lead_of(taken, link, lead_id, tx.now)
    lead.channel, lead.campaign, lead.team_id = row["channel"], row["campaign"], tx.principal.team_id
    lead.utm = utm_codec.from_message(request.utm) if request.HasField("utm") else None
    await leads.create(tx, await leads.arrive(tx, lead, None))
    await consents.keep(tx, _consent(tx, lead, consent_version(form, request.consent_version)))
    await links.count_arrival(tx, link)


async def _form(tx: Tx, link: Link) -> Any:
    row = await tx.fetch_one(FORM, id=link.form_id)
    assert row is not None, "forms and campaigns are never deleted"
    return row


async def _first_today(tx: Tx, link: Link, taken: Taken, lead_id: UUID) -> bool:
    mark = phone_mark(await tx.vault.tenant_to_seal(tx), {"phone": taken.phone})
    assert mark is not None, "a form asks for a phone"
    submission = Submission(link.form_id, mark, day_of(tx.now), lead_id)
    return await tx.fetch_one(ENTER, **codec.to_row(submission)) is not None


def _consent(tx: Tx, lead: Lead, text_version: str) -> Consent:
    return Consent(
        id=new_id(),
        person_id=lead.id,
        purpose=Purpose.FOLLOW_UP,
        given=True,
        text_version=text_version,
        channel=CHANNEL,
        give_time=tx.now,
        recorded_by=tx.principal.user_id,
        create_time=tx.now,
    )
