"""What people do with leads: load, let the lead decide, save, say so."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import leads_pb2 as pb
from dealtrail.opportunities.v1 import deals_pb2

from services.kit.client import Peer
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.errors import NotFound
from services.kit.ids import derived_id
from services.leads.accounts import operations as accounts
from services.leads.accounts.domain import Account, Contact
from services.leads.checklists.domain import OF_NO_LEADS
from services.leads.collisions import operations as collisions
from services.leads.collisions.operations import candidate
from services.leads.discard_reasons import operations as discard_reasons
from services.leads.identifiers import plain_uscc
from services.leads.lead_merges.store import OTHER_PERSONS
from services.leads.leads.domain import Lead, LeadHandedOver, Status
from services.leads.leads.refusals import LeadIdTaken, LeadTypeReserved
from services.leads.leads.store import codec, leads, sealing
from services.leads.notices import operations as notices
from services.leads.pasts.domain import Past, relive
from services.leads.tasks import operations as tasks

STEPS: Mapping[Status, Callable[..., Any]] = {
    Status.QUALIFIED: events.LeadQualified,
    Status.DISCARDED: partial(events.LeadDiscarded, from_status=pb.Lead.NEW),
    Status.CONVERTED: events.LeadConverted,
}
"""What is told of a lead that came to stand there before it was recorded."""


@dataclass
class Arrival:
    """A lead on its way in: as it was captured, and after each step that it went before it came here."""

    captured: Lead
    steps: list[Lead]
    at: datetime
    """When it went them."""

    @property
    def id(self) -> UUID:
        """The id of the lead."""
        return self.captured.id

    @property
    def lead(self) -> Lead:
        """The lead as it stands."""
        return self.steps[-1] if self.steps else self.captured


async def arrive(tx: Tx, lead: Lead, past: Past | None) -> Arrival:
    """See what a lead has gone through. Refused: LEAD_TYPE_RESERVED, OUTCOME_BEFORE_CAPTURE, UNKNOWN_DISCARD_REASON."""
    if lead.lead_type in OF_NO_LEADS:
        raise LeadTypeReserved(lead_type=lead.lead_type)
    if past is None or past.outcome is Status.NEW:
        return Arrival(lead, [], tx.now)
    if past.discard_reason:
        await discard_reasons.must_be_in_use(tx, past.discard_reason)
    captured = replace(lead)
    return Arrival(captured, relive(lead, past), past.at)


async def create(tx: Tx, arrival: Arrival) -> Lead:
    """Record a lead."""
    await collisions.screen_new(tx, [arrival.lead])
    await leads.add(tx, arrival.lead)
    _tell(tx, arrival)
    return arrival.lead


async def create_as(tx: Tx, arrival: Arrival) -> Lead:
    """Record a lead under the id that the caller chose; one that is known is answered as it is.

    Refused: LEAD_ID_TAKEN.
    """
    if await create_new(tx, [arrival]):
        return arrival.lead
    try:
        return await leads.get(tx, arrival.id)
    except NotFound:
        raise LeadIdTaken from None


async def create_new(tx: Tx, batch: Iterable[Arrival]) -> set[UUID]:
    """Record those whose id is not known yet; which these were."""
    items = list(batch)
    created = await leads.add_new(tx, [arrival.lead for arrival in items])
    fresh = [arrival for arrival in items if arrival.id in created]
    await collisions.screen_new(tx, [arrival.lead for arrival in fresh])
    for arrival in fresh:
        _tell(tx, arrival)
    return created


def _tell(tx: Tx, arrival: Arrival) -> None:
    """Every step is a fact of its own, told as of when it happened."""
    lead = arrival.captured
    tx.emit(events.LeadCaptured(lead=fact(lead)), lead, occurred_at=lead.create_time)
    for step in arrival.steps:
        tx.emit(STEPS[step.status](lead=fact(step)), step, occurred_at=arrival.at)


async def assign(tx: Tx, directory: Directory, lead_id: UUID, owner_id: str) -> Lead:
    """Hand a lead to another owner."""
    lead = await leads.locked(tx, lead_id)
    member = await directory.owner(tx, owner_id)
    await hand_over(tx, lead, member.user_id, member.team_id)
    return lead


async def hand_over(tx: Tx, lead: Lead, owner_id: UUID, team_id: UUID | None) -> None:
    """Make somebody else the owner of a lead that the transaction holds, and tell them."""
    former = lead.owner_id
    lead.assign(owner_id, team_id)
    await leads.save(tx, lead)
    tx.emit(events.LeadAssigned(lead=fact(lead), from_owner_id=str(former)), lead)
    await notices.tell(tx, [lead.owner_id], LeadHandedOver("lead", lead.id, company=lead.company))


async def update(tx: Tx, request: pb.UpdateLeadRequest) -> Lead:
    """Set the fields that the request gives, and match anew what may be another's customer."""
    lead = await leads.locked(tx, UUID(request.id))
    was = candidate(lead)
    given = {}
    for name in ("company", "contact_name", "phone", "email", "channel", "campaign", "uscc", "wechat_id"):
        if request.HasField(name):
            given[name] = getattr(request, name).strip()
    if "uscc" in given:
        given["uscc"] = plain_uscc(given["uscc"])
    lead.change(**given)
    held = candidate(lead) != was and await collisions.renew(tx, lead)
    await leads.save(tx, lead)
    tx.emit((events.LeadHeld if held else events.LeadUpdated)(lead=fact(lead)), lead)
    return lead


async def share(tx: Tx, directory: Directory, lead_id: UUID, user_ids: Iterable[str]) -> Lead:
    """Say with whom a lead is shared. Refused: LEAD_EXCLUSIVE."""
    lead = await leads.locked(tx, lead_id)
    lead.must_be_free()
    lead.share([(await directory.owner(tx, user_id)).user_id for user_id in user_ids])
    await leads.save(tx, lead)
    tx.emit(events.LeadShared(lead=fact(lead)), lead)
    return lead


@dataclass(frozen=True)
class Conversion:
    """What to make of a lead: a deal of that name or, where one is told, only an account, or a task due by a day."""

    deal_name: str = ""
    account_only: bool = False
    task_title: str = ""
    due: date | None = None


async def convert(tx: Tx, deals: Peer, lead_id: UUID, wanted: Conversion) -> Lead:
    """Make an account, a contact and a deal of a lead, or less.

    Their ids are derived from the lead's, and the deal is opened before this transaction commits:
    whoever repeats the command after a crash gets the same three.
    """
    lead = await leads.locked(tx, lead_id)
    if lead.status is Status.CONVERTED:
        return lead
    lead.must_be_qualified()
    if wanted.due:
        task = await tasks.of_conversion(tx, lead, wanted.task_title or f"跟进 {lead.company}", wanted.due)
        lead.become_task(task.id)
    elif await collisions.screen_known(tx, lead):
        return await _save_held(tx, lead)
    else:
        await _convert_to_account(tx, deals, lead, wanted)
    await leads.save(tx, lead)
    tx.emit(events.LeadConverted(lead=fact(lead)), lead)
    return lead


async def _convert_to_account(tx: Tx, deals: Peer, lead: Lead, wanted: Conversion) -> None:
    account = await accounts.find_or_create(tx, _account_of(tx, lead))
    contact = await accounts.add_contact(tx, _contact_of(tx, lead, account.id)) if lead.contact_name else None
    for other in await _other_persons(tx, lead):
        await accounts.add_contact(tx, _contact_of(tx, other, account.id))
    contact_id = contact.id if contact else None
    if wanted.account_only:
        lead.convert(account.id, contact_id, None)
        return
    request = deals_pb2.CreateDealRequest(
        id=str(derived_id(lead.id, "deal")),
        name=wanted.deal_name or lead.company,
        account_id=str(account.id),
        contact_id=str(contact.id) if contact else "",
        lead_id=str(lead.id),
        owner_id=str(lead.owner_id),
    )
    deal = await deals.call(tx, "CreateDeal", request, key=f"convert-{lead.id}")
    lead.convert(account.id, contact_id, UUID(deal.id))


async def _other_persons(tx: Tx, lead: Lead) -> list[Lead]:
    """What was merged into the lead and speaks of somebody else there, whom nobody should lose."""
    found = await sealing.open(tx, await tx.fetch(OTHER_PERSONS, lead_id=lead.id))
    return [one for one in map(codec.from_row, found) if one.contact_name]


async def _save_held(tx: Tx, lead: Lead) -> Lead:
    """Keep that a collision holds it now."""
    await leads.save(tx, lead)
    tx.emit(events.LeadHeld(lead=fact(lead)), lead)
    return lead


def fact(lead: Lead) -> pb.Lead:
    """The lead as events tell of it: they are kept, copied and sent further, so they name nobody."""
    return codec.to_message(lead.masked())


def _account_of(tx: Tx, lead: Lead) -> Account:
    return Account(
        id=derived_id(lead.id, "account"),
        name=lead.company,
        uscc=lead.uscc,
        region=lead.attributes.get("region", ""),
        attributes={"product": product} if (product := lead.attributes.get("product")) else {},
        owner_id=lead.owner_id,
        team_id=lead.team_id,
        create_time=tx.now,
        update_time=tx.now,
    )


def _contact_of(tx: Tx, lead: Lead, account_id: UUID) -> Contact:
    return Contact(
        id=derived_id(lead.id, "contact"),
        account_id=account_id,
        person_id=lead.id,
        name=lead.contact_name,
        phone=lead.phone,
        email=lead.email,
        create_time=tx.now,
        update_time=tx.now,
    )
