"""What is done with consents: keep them, and ask them before data is used."""

from collections.abc import Sequence
from uuid import UUID

from dealtrail.leads.v1 import consents_pb2 as pb
from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.visibility import reach
from services.leads.consents.domain import Consent, Purpose, must_allow
from services.leads.consents.store import CONTACTS, INSERT, KNOWN, LAST_WORD, OF_PERSON, codec
from services.leads.contact_merges.operations import persons


async def record(tx: Tx, consent: Consent) -> Consent:
    """Keep what a person said. Refused: NOT_FOUND."""
    await _must_know(tx, consent.person_id)
    contacts = [str(row["id"]) for row in await tx.fetch(CONTACTS, person_ids=await persons(tx, [consent.person_id]))]
    return await keep(tx, consent, contacts)


async def keep(tx: Tx, consent: Consent, contacts: Sequence[str] = ()) -> Consent:
    """Keep what a person said who is known to be there, and by which contacts."""
    await tx.insert(INSERT, **codec.to_row(consent))
    tx.emit(events.ConsentRecorded(consent=codec.to_message(consent), contact_ids=contacts), consent)
    return consent


async def listed(tx: Tx, person_id: UUID) -> list[Consent]:
    """What a person said, newest first. Refused: NOT_FOUND."""
    await _must_know(tx, person_id)
    known = await persons(tx, [person_id])
    return [codec.from_row(row) for row in await tx.fetch(OF_PERSON, person_ids=known)]


async def must_cover(tx: Tx, person_id: UUID, use: pb.Consent.Purpose.ValueType) -> None:
    """Whether data of a person may be used so. Refused: CONSENT_WITHDRAWN, CONSENT_NOT_GIVEN."""
    purpose = PURPOSES.get(use, Purpose.FOLLOW_UP)
    known = await persons(tx, [person_id])
    must_allow(purpose, await tx.fetch_value(LAST_WORD, person_ids=known, purpose=purpose.value))


async def _must_know(tx: Tx, person_id: UUID) -> None:
    if await tx.fetch_one(KNOWN(reach(tx.principal)), person_id=person_id) is None:
        raise NotFound(kind="person", kind_zh="个人")


PURPOSES = {number: Purpose(name) for name, number in pb.Consent.Purpose.items() if number}
"""By the number that stands in messages."""
