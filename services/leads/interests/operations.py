"""What is done with interests: record them at a lead, and ask for them before it becomes a deal."""

from functools import partial
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import leads_pb2, prospects_pb2

from services.kit.database import Tx
from services.kit.ids import new_id
from services.leads.interests.domain import ContactRole, Interest
from services.leads.interests.store import ADD, OF_LEAD, codec, sealing
from services.leads.leads.domain import Lead, Status
from services.leads.leads.operations import fact
from services.leads.leads.store import leads
from services.leads.prospects.domain import InterestMissing, PromotionRules
from services.leads.prospects.store import RULES, rules_codec
from services.leads.refused_promotions import operations as refused_promotions


async def record(tx: Tx, lead_id: UUID, role: ContactRole, topic: str) -> Interest:
    """Keep that somebody in a role is interested. Refused: NOT_FOUND, LEAD_NOT_OPEN."""
    lead = await leads.get(tx, lead_id)
    lead.must_be_open()
    return await _keep(tx, lead, role, topic)


async def _keep(tx: Tx, lead: Lead, role: ContactRole, topic: str) -> Interest:
    interest = Interest(new_id(), lead.id, role, topic, tx.principal.user_id, tx.now)
    await tx.insert(ADD, **await sealing.seal(tx, codec.to_row(interest)))
    tx.emit(events.InterestRecorded(lead=fact(lead), role=prospects_pb2.ContactRole.Value(role)), lead)
    return interest


async def listed(tx: Tx, lead_id: UUID) -> list[Interest]:
    """The interests recorded at a lead, newest first. Refused: NOT_FOUND."""
    await leads.row(tx, lead_id)
    return [codec.from_row(row) for row in await sealing.open(tx, await tx.fetch(OF_LEAD, lead_id=lead_id))]


async def before_deal(tx: Tx, request: leads_pb2.ConvertLeadRequest) -> None:
    """Record the interest that a conversion names, and see that there is one where the tenant asks for it.

    That there is none is counted, in a transaction of its own once this one is undone.
    Refused: NOT_FOUND, LEAD_NOT_QUALIFIED, DISCARD_PENDING, INTEREST_MISSING.
    """
    lead = await leads.get(tx, UUID(request.id))
    if lead.status is Status.CONVERTED:
        return
    lead.must_be_qualified()
    if request.interest_role:
        role = ContactRole(prospects_pb2.ContactRole.Name(request.interest_role))
        await _keep(tx, lead, role, request.interest_topic.strip() or request.deal_name or lead.company)
        return
    row = await tx.fetch_one(RULES)
    rules = rules_codec.from_row(row) if row else PromotionRules()
    if rules.need_interest and not await tx.fetch(OF_LEAD, lead_id=lead.id):
        tx.if_refused = partial(refused_promotions.record, lead_id=lead.id, reason=InterestMissing.reason)
        raise InterestMissing
