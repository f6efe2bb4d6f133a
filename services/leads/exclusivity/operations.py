"""What is done about exclusive leads beyond what their owners do: count them, and end that one is exclusive."""

from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.visibility import LIFT, reach
from services.leads.exclusivity.domain import Counted, LeadNoLongerExclusive, Owner, by_owner
from services.leads.exclusivity.store import COUNTED, overridable
from services.leads.leads.domain import Lead, Status
from services.leads.leads.store import codec
from services.leads.notices import operations as notices
from services.leads.tasks import operations as tasks


async def count(tx: Tx) -> list[Owner]:
    """How many exclusive leads the people have whose rows the caller sees."""
    await tx.execute(LIFT)
    rows = await tx.fetch(COUNTED(reach(tx.principal)))
    return by_owner(Counted(row["owner_id"], row["team_id"], Status(row["status"]), row["leads"]) for row in rows)


async def override(tx: Tx, directory: Directory, lead_id: UUID, owner_id: str, why: str) -> Lead:
    """End that a lead is its owner's alone. Refused: LEAD_NOT_EXCLUSIVE; LEAD_NOT_OPEN, UNKNOWN_OWNER."""
    await tx.execute(LIFT)
    lead = await overridable.locked(tx, lead_id)
    former = lead.owner_id
    lead.release()
    if owner_id:
        member = await directory.owner(tx, owner_id)
        lead.assign(member.user_id, member.team_id)
    await overridable.save(tx, lead)
    await tasks.release(tx, lead.id)
    event = events.LeadExclusivityOverridden(
        lead=codec.to_message(lead.masked()), from_owner_id=str(former), purpose=why.strip()
    )
    tx.emit(event, lead)
    await notices.tell(tx, [former], LeadNoLongerExclusive("lead", lead.id, purpose=why.strip()))
    return lead
