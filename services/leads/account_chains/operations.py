"""Record, change, delete and restore links of chains, and keep every change; show what is missing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.ids import new_id
from services.leads.account_chains.domain import (
    AccountChain,
    Approval,
    ChainChange,
    Deed,
    Kind,
    Link,
    Pain,
    chain,
    united,
)
from services.leads.account_chains.store import (
    ABOVE,
    ADD_CHANGE,
    APPROVALS,
    FORGET,
    PAINS,
    UNAFFECT,
    approval_codec,
    approvals,
    change_codec,
    change_sealing,
    pain_codec,
    pain_sealing,
    pains,
)
from services.leads.accounts.domain import Account, Contact, ContactErased
from services.leads.accounts.store import accounts, contacts
from services.leads.relation_walls.store import CONTACTS, CONTACTS_HELD, MERGED


async def show(tx: Tx, account_id: UUID) -> AccountChain:
    """Both chains of a customer as they stand. Refused: NOT_FOUND."""
    await accounts.row(tx, account_id)
    people = [row["id"] for row in await tx.fetch(CONTACTS, account_id=account_id)]
    suffered = await pain_sealing.open(tx, await tx.fetch(PAINS, account_id=account_id))
    approved = await tx.fetch(APPROVALS, account_id=account_id)
    into = {row["id"]: row["merged_into"] for row in await tx.fetch(MERGED, account_id=account_id)}
    links = map(pain_codec.from_row, suffered), map(approval_codec.from_row, approved)
    return chain(account_id, people, *united(people, *links, into))


async def record_pain(tx: Tx, contact_id: UUID, pain: str, reason: str, affected_contact_ids: list[UUID]) -> Pain:
    """Say what a contact suffers. Refused: NOT_FOUND; CONTACT_ERASED, UNKNOWN_AFFECTED_CONTACT."""
    contact = await contacts.get(tx, contact_id)
    account, people = await _held(tx, contact)
    suffered = Pain(**_new(tx, contact), pain=pain, reason=reason, affected_contact_ids=affected_contact_ids)
    suffered.must_affect(people)
    await pains.add(tx, suffered)
    await _note(tx, account, suffered, Deed.RECORDED)
    return suffered


async def change_pain(tx: Tx, pain_id: UUID, given: Mapping[str, Any]) -> Pain:
    """Set these fields of a pain. Refused: NOT_FOUND; LINK_DELETED, UNKNOWN_AFFECTED_CONTACT."""
    suffered = await pains.locked(tx, pain_id)
    suffered.must_stand()
    account, people = await _held(tx, await contacts.get(tx, suffered.contact_id))
    for name, value in given.items():
        setattr(suffered, name, value)
    if "affected_contact_ids" in given:
        suffered.must_affect(people)
    await pains.save(tx, suffered)
    await _note(tx, account, suffered, Deed.CHANGED)
    return suffered


async def delete_pain(tx: Tx, pain_id: UUID) -> Pain:
    """Let a pain go. Refused: NOT_FOUND; LINK_DELETED."""
    suffered = await pains.locked(tx, pain_id)
    suffered.delete(tx.now)
    await pains.save(tx, suffered)
    await _note(tx, await _account_of(tx, suffered), suffered, Deed.DELETED)
    return suffered


async def restore_pain(tx: Tx, pain_id: UUID) -> Pain:
    """Let a pain stand again. Refused: NOT_FOUND; LINK_STANDS."""
    suffered = await pains.locked(tx, pain_id)
    suffered.restore()
    await pains.save(tx, suffered)
    await _note(tx, await _account_of(tx, suffered), suffered, Deed.RESTORED)
    return suffered


async def record_approval(tx: Tx, contact_id: UUID, approver_id: UUID | None) -> Approval:
    """Say who approves a contact. Refused: NOT_FOUND; CONTACT_ERASED, and what does not fit the chain."""
    contact = await contacts.get(tx, contact_id)
    account, people = await _held(tx, contact)
    approved = Approval(**_new(tx, contact), approver_id=approver_id)
    approved.must_fit(people, await _known(tx, approved))
    await approvals.add(tx, approved)
    await _note(tx, account, approved, Deed.RECORDED)
    return approved


async def delete_approval(tx: Tx, approval_id: UUID) -> Approval:
    """Let an approval go. Refused: NOT_FOUND; LINK_DELETED."""
    approved = await approvals.locked(tx, approval_id)
    approved.delete(tx.now)
    await approvals.save(tx, approved)
    await _note(tx, await _account_of(tx, approved), approved, Deed.DELETED)
    return approved


async def restore_approval(tx: Tx, approval_id: UUID) -> Approval:
    """Let an approval stand again. Refused: NOT_FOUND; LINK_STANDS, and what does not fit the chain."""
    approved = await approvals.locked(tx, approval_id)
    approved.restore()
    account, people = await _held(tx, await contacts.get(tx, approved.contact_id))
    approved.must_fit(people, await _known(tx, approved))
    await approvals.save(tx, approved)
    await _note(tx, account, approved, Deed.RESTORED)
    return approved


async def forget(tx: Tx, contact_ids: list[UUID]) -> int:
    """Let go of every link of these contacts and of its history: chains are shown over those who are left. How many."""
    count = 0
    for query in FORGET:
        count += await tx.execute(query, contact_ids=contact_ids)
    for contact_id in contact_ids:
        for query in UNAFFECT:
            count += await tx.execute(query, contact_id=contact_id)
    return count


async def _held(tx: Tx, contact: Contact) -> tuple[Account, set[UUID]]:
    """The account and the contacts there, held against erasure. Refused: CONTACT_MERGED, CONTACT_ERASED."""
    contact.must_stand()
    account = await accounts.locked(tx, contact.account_id)
    people = {row["id"] for row in await tx.fetch(CONTACTS_HELD, account_id=account.id)}
    if contact.id not in people:
        raise ContactErased
    return account, people


async def _account_of(tx: Tx, link: Link) -> Account:
    return await accounts.get(tx, (await contacts.get(tx, link.contact_id)).account_id)


async def _known(tx: Tx, approved: Approval) -> list[Approval]:
    ids = [one for one in (approved.contact_id, approved.approver_id) if one]
    return [approval_codec.from_row(row) for row in await tx.fetch(ABOVE, contact_ids=ids)]


def _new(tx: Tx, contact: Contact) -> dict[str, Any]:
    return {
        "id": new_id(),
        "contact_id": contact.id,
        "person_id": contact.person_id,
        "author_id": tx.principal.user_id,
        "create_time": tx.now,
        "update_time": tx.now,
    }


async def _note(tx: Tx, account: Account, link: Link, deed: Deed) -> None:
    """Keep what became of a link, and say so."""
    said: dict[str, Any] = {}
    if isinstance(link, Pain):
        said = {"pain": link.pain, "reason": link.reason, "affected_contact_ids": link.affected_contact_ids}
    elif isinstance(link, Approval):
        said = {"approver_id": link.approver_id}
    change = ChainChange(
        id=new_id(),
        link_id=link.id,
        kind=Kind.PAIN if isinstance(link, Pain) else Kind.APPROVAL,
        deed=deed,
        contact_id=link.contact_id,
        person_id=link.person_id,
        version=link.version,
        author_id=tx.principal.user_id,
        create_time=tx.now,
        **said,
    )
    await tx.insert(ADD_CHANGE, **await change_sealing.seal(tx, change_codec.to_row(change)))
    tx.emit(events.AccountChainChanged(chain_change=change_codec.to_message(change.told())), account)
