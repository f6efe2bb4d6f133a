"""What people do to give a lead up, to look at that a second time, and to take it up again."""

from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import leads_pb2

from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.ids import new_id
from services.leads.collisions import operations as collisions
from services.leads.discard_reasons import operations as discard_reasons
from services.leads.discards.domain import (
    Discard,
    DiscardConfirmed,
    DiscardRejected,
    DiscardRequested,
    State,
    needs_second_look,
)
from services.leads.discards.store import STANDING, discards
from services.leads.leads.domain import Lead, Status
from services.leads.leads.operations import fact
from services.leads.leads.store import leads
from services.leads.notices import operations as notices
from services.leads.notices.domain import News
from services.leads.process.domain import Stage
from services.leads.raci_charts import operations as raci_charts


async def discard(tx: Tx, directory: Directory, lead_id: UUID, reason_code: str) -> Lead:
    """Give a lead up for a reason of the tenant's list, or ask for the second look that the reason demands."""
    lead = await leads.locked(tx, lead_id)
    was = lead.status
    me = tx.principal
    lead.must_be_open()
    reason = await discard_reasons.must_be_in_use(tx, reason_code)
    decider = await raci_charts.decider(tx, Stage.CLOSED)
    waits = needs_second_look(reason, lead, me.user_id, me.role, decider)
    if waits:
        lead.request_discard(reason.code)
    else:
        lead.discard(reason.code)
    await leads.save(tx, lead)
    given_up = Discard(
        id=new_id(),
        lead_id=lead.id,
        reason=reason.code,
        from_status=was,
        state=State.REQUESTED if waits else State.STANDS,
        requested_by=me.user_id,
        create_time=tx.now,
        update_time=tx.now,
    )
    await discards.add(tx, given_up)
    if waits:
        tx.emit(events.LeadDiscardRequested(lead=fact(lead)), lead)
        deciding = await raci_charts.deciders(tx, directory, decider, lead)
        await notices.tell(tx, deciding, DiscardRequested("discard", given_up.id, company=lead.company))
    else:
        _tell_discarded(tx, lead, was)
    return lead


async def confirm(tx: Tx, discard_id: UUID) -> Discard:
    """Agree to giving the lead up."""
    found, lead = await _decided(tx, discard_id, State.STANDS)
    was = lead.status
    lead.discard(lead.end_request())
    await leads.save(tx, lead)
    await discards.save(tx, found)
    _tell_discarded(tx, lead, was)
    await _tell_decided(tx, found, DiscardConfirmed("discard", found.id, company=lead.company))
    return found


async def reject(tx: Tx, discard_id: UUID, why: str) -> Discard:
    """Do not agree: the lead is worked on."""
    found, lead = await _decided(tx, discard_id, State.REJECTED, why)
    lead.end_request()
    await leads.save(tx, lead)
    await discards.save(tx, found)
    tx.emit(events.LeadDiscardRejected(lead=fact(lead), reason=found.reason), lead)
    await _tell_decided(tx, found, DiscardRejected("discard", found.id, company=lead.company))
    return found


async def reopen(tx: Tx, lead_id: UUID, why: str) -> Lead:
    """Take a discarded lead up again where it stood, as its record of discards says."""
    lead = await leads.locked(tx, lead_id)
    standing = await tx.fetch_value(STANDING, lead_id=lead_id)
    found = await discards.locked(tx, standing) if standing else _from_before(lead)
    reason = lead.reopen(found.from_status)
    await collisions.screen_known(tx, lead)
    await leads.save(tx, lead)
    found.reopen(tx.principal.user_id, tx.now, why)
    await (discards.save if standing else discards.add)(tx, found)
    tx.emit(events.LeadReopened(lead=fact(lead), reason=reason), lead)
    return lead


async def _decided(tx: Tx, discard_id: UUID, state: State, why: str = "") -> tuple[Discard, Lead]:
    """Take the second look, if it is the caller's. Refused: DISCARD_DECIDED, OWN_DISCARD, NOT_ACCOUNTABLE."""
    found = await discards.locked(tx, discard_id)
    found.decide(state, tx.principal.user_id, tx.now, why)
    lead = await leads.locked(tx, found.lead_id)
    raci_charts.must_decide(await raci_charts.decider(tx, Stage.CLOSED), tx, lead.owner_id)
    return found, lead


def _from_before(lead: Lead) -> Discard:
    """The discard of a lead that was given up before discards were recorded, or elsewhere."""
    return Discard(
        id=new_id(),
        lead_id=lead.id,
        reason=lead.discard_reason,
        from_status=Status.NEW,
        state=State.STANDS,
        requested_by=None,
        create_time=lead.update_time,
        update_time=lead.update_time,
    )


async def _tell_decided(tx: Tx, decided: Discard, news: News) -> None:
    """Whoever asked for the discard hears what became of it."""
    if decided.requested_by is not None:
        await notices.tell(tx, [decided.requested_by], news)


def _tell_discarded(tx: Tx, lead: Lead, was: Status) -> None:
    tx.emit(events.LeadDiscarded(lead=fact(lead), from_status=leads_pb2.Lead.Status.Value(was)), lead)
