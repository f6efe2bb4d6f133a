"""Of which subject each event tells: a lead, a deal, a contract or an account, and who sees it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from services.kit.codec import optional_id
from services.kit.events import Envelope
from services.timeline.entries.domain import About, Sight, Subject

HEARSAY = 0
"""The version of what an event says of something else than its aggregate: the thing's own events know better."""
Teller = Callable[[Any, Envelope], Subject]


def lead(event: Any, envelope: Envelope) -> Subject:
    """The lead, which knows its account and deal once it is converted."""
    lead = event.lead
    return _told(envelope, About.LEAD, account_id=optional_id(lead.account_id), deal_id=optional_id(lead.deal_id))


def account(_: Any, envelope: Envelope) -> Subject:
    """The account itself."""
    return _told(envelope, About.ACCOUNT, account_id=envelope.aggregate_id)


def contact(event: Any, envelope: Envelope) -> Subject:
    """The account that the person works for."""
    account_id = UUID(event.contact.account_id)
    return _heard(envelope, account_id, About.ACCOUNT, account_id=account_id)


def of_account(name: str) -> Teller:
    """The account that the resource of that name belongs to."""

    def tell(event: Any, envelope: Envelope) -> Subject:
        account_id = UUID(getattr(event, name).account_id)
        return _heard(envelope, account_id, About.ACCOUNT, account_id=account_id)

    return tell


def enrolment(event: Any, envelope: Envelope) -> Subject:
    """The lead that is nurtured."""
    return _heard(envelope, UUID(event.enrolment.lead_id), About.LEAD)


def refused(event: Any, envelope: Envelope) -> Subject:
    """The lead that was to become a deal."""
    return _heard(envelope, UUID(event.refused_promotion.lead_id), About.LEAD)


def deal(event: Any, envelope: Envelope) -> Subject:
    """The deal, under the account that it was recorded under."""
    return _told(envelope, About.DEAL, account_id=_account_of(event.deal), deal_id=envelope.aggregate_id)


def contract(event: Any, envelope: Envelope) -> Subject:
    """The contract, with its deal."""
    contract = event.contract
    return _told(envelope, About.CONTRACT, account_id=_account_of(contract), deal_id=optional_id(contract.deal_id))


def receipt(event: Any, envelope: Envelope) -> Subject:
    """The contract that it pays; the account that paid, where it names none."""
    account_id, contract_id = _account_of(event.receipt), optional_id(event.receipt.contract_id)
    if contract_id:
        return _heard(envelope, contract_id, About.CONTRACT, account_id=account_id)
    assert account_id, "a receipt names who paid"
    return _heard(envelope, account_id, About.ACCOUNT, account_id=account_id)


def instalment(event: Any, envelope: Envelope) -> Subject:
    """The contract that it is a part of."""
    contract_id = UUID(event.instalment.contract_id)
    return _heard(
        envelope, contract_id, About.CONTRACT, account_id=_account_of(event), deal_id=optional_id(event.deal_id)
    )


def _account_of(told: Any) -> UUID | None:
    """The account under which something was recorded, wherever that stands now."""
    return optional_id(told.merged_from or told.account_id)


def _told(envelope: Envelope, about: About, **links: UUID | None) -> Subject:
    """What an event says of its own aggregate."""
    told = envelope.recorded_at
    return Subject(
        envelope.aggregate_id, about, **links, sight=_sight(envelope), version=envelope.version, told_time=told
    )


def _heard(envelope: Envelope, subject_id: UUID, about: About, **links: UUID | None) -> Subject:
    """What an event says of something else than its aggregate."""
    return Subject(subject_id, about, **links, sight=_sight(envelope), version=HEARSAY, told_time=envelope.recorded_at)


def _sight(envelope: Envelope) -> Sight | None:
    if envelope.owner_id is None:
        return None
    return Sight(envelope.owner_id, envelope.team_id, envelope.collaborators, envelope.exclusive)
