"""What brings a lead on in the process besides what its owner does with it."""

from collections.abc import Iterable
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.leads.leads.operations import fact
from services.leads.leads.store import leads
from services.leads.process.store import UNTOUCHED


async def touched(tx: Tx, lead_ids: Iterable[UUID]) -> None:
    """Somebody of ours got in touch with these leads: those that are worked are being nurtured."""
    for row in await tx.fetch(UNTOUCHED, ids=list(lead_ids)):
        lead = await leads.locked(tx, row["id"])
        if lead.nurture():
            await leads.save(tx, lead)
            tx.emit(events.LeadNurtured(lead=fact(lead)), lead)
