"""Setting for how long leads and notices are kept, holding what the law needs, and letting go of what is too old."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import lead_retention_pb2 as pb
from dealtrail.type.v1 import personal_data_pb2 as data

from services.kit import aliases, audit
from services.kit.database import Tx
from services.kit.sql import Query
from services.leads.lead_retention.domain import LeadHold, LeadRetention
from services.leads.lead_retention.store import (
    COUNT_LEADS,
    COUNT_NOTICES,
    DROP_NOTICES,
    DUE_LEADS,
    DUE_NOTICES,
    MONTHS,
    RELEASE,
    codec,
    holds,
    rules,
    rules_codec,
)
from services.leads.leads.store import leads
from services.leads.persons import operations as persons

LEADS_AT_ONCE, NOTICES_AT_ONCE = 50, 500
"""What goes in one transaction."""


async def current(tx: Tx) -> LeadRetention:
    """What holds; nothing goes unless somebody has set that it does."""
    row = await rules.current(tx)
    return rules_codec.from_row(row) if row else LeadRetention()


async def change(tx: Tx, given: Mapping[str, int]) -> LeadRetention:
    """Set what is given. Refused: RETENTION_OUT_OF_BOUNDS; VERSION_MISMATCH; CONFLICT."""
    known = await current(tx)
    wanted = known.changed(given)
    months = {name: getattr(wanted, name) for name in MONTHS}
    return replace(wanted, version=await rules.set(tx, known.version, months))


async def preview(tx: Tx, given: Mapping[str, int]) -> pb.LeadRetentionPreview:
    """What would go by these months. Refused: RETENTION_OUT_OF_BOUNDS."""
    tried = (await current(tx)).changed(given)
    found = pb.LeadRetentionPreview()
    kinds = (
        ("discarded_leads", COUNT_LEADS, tried.discarded_lead_months),
        ("notices", COUNT_NOTICES, tried.notice_months),
    )
    for name, count, months in kinds:
        if months and (row := await tx.fetch_one(count, now=tx.now, months=months)):
            setattr(found, name, row["going"])
            found.held += row["held"]
    return found


async def hold(tx: Tx, lead_id: UUID) -> LeadHold:
    """Keep a lead; one that is held stays so. Refused: NOT_FOUND."""
    await leads.row(tx, lead_id)
    await rules.alone(tx)
    held = LeadHold(lead_id, tx.principal.user_id, tx.now)
    if not await holds.add_new(tx, [held]):
        return await holds.get(tx, lead_id)
    tx.emit(events.LeadHoldPlaced(lead_hold=codec.to_message(held)), held)
    return held


async def release(tx: Tx, lead_id: UUID) -> LeadHold:
    """End a hold. Refused: NOT_FOUND."""
    held = await holds.locked(tx, lead_id)
    await tx.execute(RELEASE, id=lead_id)
    tx.emit(events.LeadHoldReleased(lead_hold=codec.to_message(held)), held)
    return held


async def let_go(tx: Tx) -> bool:
    """The periodic work: let go of some of what is too old; whether there may be more."""
    row = await rules.alone(tx)
    kept = rules_codec.from_row(row) if row else LeadRetention()
    return await _forget_leads(tx, kept.discarded_lead_months) or await _drop_notices(tx, kept.notice_months)


async def _forget_leads(tx: Tx, months: int) -> bool:
    """Erase the persons of some leads, as on their own demand, and of what was merged into them.

    The leads stay, with all that is counted of them.
    """
    due = await _due(tx, DUE_LEADS, months, LEADS_AT_ONCE)
    if due:
        ids = [str(row["id"]) for row in await tx.fetch(aliases.MEMBERS, ids=due)]
        await persons.erase(tx, data.PersonTraces(person_ids=ids, lead_ids=ids), [], None)
        said = f"{len(due)} persons of leads that were discarded more than {months} months ago"
        audit.record(tx, "leads.ForgetDiscarded", tx.principal.tenant_id, said)
    return bool(due)


async def _drop_notices(tx: Tx, months: int) -> bool:
    due = await _due(tx, DUE_NOTICES, months, NOTICES_AT_ONCE)
    if due:
        await tx.execute(DROP_NOTICES, ids=due)
        said = f"{len(due)} notices older than {months} months"
        audit.record(tx, "leads.DropNotices", tx.principal.tenant_id, said)
    return bool(due)


async def _due(tx: Tx, query: Query, months: int, limit: int) -> list[UUID]:
    found = await tx.fetch(query, now=tx.now, months=months, limit=limit) if months else []
    return [row["id"] for row in found]
