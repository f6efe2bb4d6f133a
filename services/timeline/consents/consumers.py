"""What the leads service says of consents and of persons who are gone."""

from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import consents_pb2
from dealtrail.leads.v1 import events_pb2 as leads

from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.timeline.consents import operations

subscriptions = Subscriptions("timeline")


@subscriptions.on(leads.ConsentRecorded)
async def remember(tx: Tx, event: Any, _: Envelope) -> None:
    """Remember it for everything that the person is known as."""
    consent = event.consent
    subjects = {UUID(one) for one in (consent.person_id, *event.contact_ids)}
    purpose = consents_pb2.Consent.Purpose.Name(consent.purpose)
    await operations.remember(tx, sorted(subjects), purpose, consent.given, from_timestamp(consent.give_time))


@subscriptions.on(leads.PersonErased)
async def forget(tx: Tx, event: Any, _: Envelope) -> None:
    """Forget what the person said; the leads service keeps the proof."""
    await operations.forget(tx, [UUID(one) for one in (event.person.id, *event.person.contact_ids)])
