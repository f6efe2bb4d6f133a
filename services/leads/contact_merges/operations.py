"""Merging contacts and undoing it."""

from collections.abc import Iterable
from uuid import UUID

from dealtrail.leads.v1 import contact_merges_pb2 as pb
from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.ids import new_id
from services.leads.accounts.domain import Account, Contact
from services.leads.accounts.store import accounts, contact_codec, contacts
from services.leads.contact_merges.domain import ContactMerge, conflicts, filled, must_fit
from services.leads.contact_merges.store import PERSONS, WALL_SCORES, contact_merges
from services.leads.lead_merges.store import PERSONS_OF_LEADS


async def merge(tx: Tx, contact_id: UUID, duplicate_id: UUID, purpose: str, take: list[str]) -> ContactMerge:
    """Merge a duplicate into a contact. Refused: as ContactMergesService.MergeContact says."""
    survivor, duplicate = await contacts.locked(tx, contact_id), await contacts.locked(tx, duplicate_id)
    account = await accounts.get(tx, survivor.account_id)
    done = ContactMerge(
        id=new_id(),
        account_id=account.id,
        contact_id=contact_id,
        duplicate_id=duplicate_id,
        person_id=survivor.person_id,
        purpose=purpose,
        merged_by=tx.principal.user_id,
        create_time=tx.now,
        update_time=tx.now,
        merged_from=survivor.merged_from,
    )
    done.unite(duplicate, survivor, take)
    account.must_stand()
    await _save(tx, account, duplicate, survivor)
    tx.emit(events.ContactMerged(contact=contact_codec.to_message(duplicate.masked())), duplicate, seen_as=account)
    await contact_merges.add(tx, done)
    return done


async def undo(tx: Tx, merge_id: UUID, purpose: str) -> ContactMerge:
    """Undo a merge. Refused: as ContactMergesService.UndoContactMerge says."""
    done = await contact_merges.locked(tx, merge_id)
    survivor, duplicate = await contacts.locked(tx, done.contact_id), await contacts.locked(tx, done.duplicate_id)
    account = await accounts.get(tx, survivor.account_id)
    done.part(duplicate, survivor)
    done.undo_purpose, done.undone_by, done.undo_time = purpose, tx.principal.user_id, tx.now
    await _save(tx, account, duplicate, survivor)
    parted = events.ContactMergeUndone(
        contact=contact_codec.to_message(duplicate.masked()), from_contact_id=str(survivor.id)
    )
    tx.emit(parted, duplicate, seen_as=account)
    await contact_merges.save(tx, done)
    return done


async def preview(tx: Tx, contact_id: UUID, duplicate_id: UUID) -> pb.ContactMergePreview:
    """What a merge would do. Refused: as ContactMergesService.PreviewContactMerge says."""
    survivor, duplicate = await contacts.get(tx, contact_id), await contacts.get(tx, duplicate_id)
    must_fit(duplicate, survivor)
    (await accounts.get(tx, survivor.account_id)).must_stand()
    return pb.ContactMergePreview(
        survivor=contact_codec.to_message(survivor),
        duplicate=contact_codec.to_message(duplicate),
        conflicts=conflicts(duplicate, survivor),
        filled=filled(duplicate, survivor),
        wall_scores=await tx.fetch_value(WALL_SCORES, contact_id=duplicate_id),
    )


async def persons(tx: Tx, person_ids: Iterable[UUID]) -> list[UUID]:
    """These persons, and as whom else they are recorded."""
    known: set[UUID] = set()
    further = set(person_ids)
    while further:
        known |= further
        ids = list(known)
        found = [*await tx.fetch(PERSONS, person_ids=ids), *await tx.fetch(PERSONS_OF_LEADS, person_ids=ids)]
        further = {row["id"] for row in found} - known
    return sorted(known)


async def _save(tx: Tx, account: Account, duplicate: Contact, survivor: Contact) -> None:
    await contacts.save(tx, duplicate)
    await contacts.save(tx, survivor)
    tx.emit(events.ContactUpdated(contact=contact_codec.to_message(survivor.masked())), survivor, seen_as=account)
