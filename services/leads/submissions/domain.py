"""What somebody left on a form, once a day and phone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from uuid import UUID

from services.leads.forms.domain import Form, Taken
from services.leads.leads.domain import Lead
from services.leads.links.domain import Link

# China has kept one offset without summer time since 1991.
ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")
NAMELESS = "未填写公司"
"""What stands for the company where a form does not ask for it, or nobody told it."""


@dataclass(frozen=True)
class Submission:
    """That a phone was left on a form on a day: the mark of the phone, never the phone."""

    form_id: UUID
    phone_mark: bytes
    day: date
    lead_id: UUID


def day_of(now: datetime) -> date:
    """The day on which a repetition changes nothing more."""
    return now.astimezone(ZONE).date()


def lead_of(taken: Taken, link: Link, lead_id: UUID, now: datetime) -> Lead:
    """The lead that belongs to the link's rep alone."""
    return Lead(
        id=lead_id,
        company=taken.company or NAMELESS,
        contact_name=taken.contact_name,
        phone=taken.phone,
        email=taken.email,
        attributes=taken.attributes,
        owner_id=link.owner_id,
        team_id=link.team_id,
        exclusive=True,
        share_link_id=link.id,
        create_time=now,
        update_time=now,
    )


def consent_version(form: Form, shown: int) -> str:
    """The text to which somebody consented: the version that they were shown, or else the one that stands."""
    number = shown if 1 <= shown <= form.consent_version else form.consent_version
    return f"{form.id} v{number}"
