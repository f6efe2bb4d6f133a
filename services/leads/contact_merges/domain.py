"""What becomes of two contacts that are merged, and how that is undone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.leads.accounts.domain import Contact


class SameContact(Invalid):
    """A contact is not merged into itself."""

    field = "duplicate_id"
    en = "a contact is not merged into itself"
    zh = "不能将联系人并入其自身"


class ContactsOfTwoAccounts(Refused):
    """They work for two customers as far as we know."""

    en = "the contacts are of two accounts; if these are one company, merge the accounts first"
    zh = "两位联系人属于不同客户；若为同一公司，请先合并客户"


class ContactMergeAlreadyUndone(Refused):
    """It does not stand any more."""

    en = "the merge was undone already"
    zh = "该合并已撤销"


class State(StrEnum):
    """Where a merge stands."""

    MERGED = "MERGED"
    UNDONE = "UNDONE"


FIELDS = ("name", "title", "phone", "email")
"""What of the survivor may change."""


@dataclass
class ContactMerge:
    """One contact made of two."""

    id: UUID
    account_id: UUID
    contact_id: UUID
    """The survivor."""
    duplicate_id: UUID
    person_id: UUID
    """Whom the survivor speaks of: what was replaced goes when they are erased."""
    purpose: str
    merged_by: UUID
    create_time: datetime
    update_time: datetime
    changes: list[str] = field(default_factory=list)
    replaced: dict[str, str] = field(default_factory=dict)
    """What these fields of the survivor held before."""
    state: State = State.MERGED
    undo_purpose: str = ""
    undone_by: UUID | None = None
    undo_time: datetime | None = None
    merged_from: UUID | None = None
    """The account under which it was recorded, where that was merged into `account_id`."""
    version: int = 1

    def unite(self, duplicate: Contact, survivor: Contact, take: Collection[str]) -> None:
        """Merge the one into the other. Refused: as `must_fit`."""
        must_fit(duplicate, survivor)
        duplicate.merged_into = survivor.id
        taken = {*filled(duplicate, survivor), *(one for one in conflicts(duplicate, survivor) if one in take)}
        self.changes = [name for name in FIELDS if name in taken]
        for name in self.changes:
            self.replaced[name] = getattr(survivor, name)
            setattr(survivor, name, getattr(duplicate, name))

    def part(self, duplicate: Contact, survivor: Contact) -> None:
        """Undo it; what somebody has changed of the survivor since stays.

        Refused: CONTACT_MERGE_ALREADY_UNDONE, CONTACT_MERGED, CONTACT_ERASED.
        """
        if self.state is not State.MERGED:
            raise ContactMergeAlreadyUndone
        survivor.must_stand()
        self.state = State.UNDONE
        duplicate.merged_into = None
        for name, before in self.replaced.items():
            if getattr(survivor, name) == getattr(duplicate, name):
                setattr(survivor, name, before)


def must_fit(duplicate: Contact, survivor: Contact) -> None:
    """Refused: SAME_CONTACT, CONTACTS_OF_TWO_ACCOUNTS, CONTACT_MERGED, CONTACT_ERASED."""
    if duplicate.id == survivor.id:
        raise SameContact
    if duplicate.account_id != survivor.account_id:
        raise ContactsOfTwoAccounts
    duplicate.must_stand()
    survivor.must_stand()


def standing(contact_id: UUID, into: Mapping[UUID, UUID]) -> UUID:
    """The contact that stands for this one, where contacts were merged `into` others."""
    while contact_id in into:
        contact_id = into[contact_id]
    return contact_id


def conflicts(duplicate: Contact, survivor: Contact) -> list[str]:
    """Fields in which the two differ and both hold something."""
    both = ((name, getattr(survivor, name), getattr(duplicate, name)) for name in FIELDS)
    return [name for name, ours, theirs in both if ours and theirs and ours != theirs]


def filled(duplicate: Contact, survivor: Contact) -> list[str]:
    """Fields that the survivor lacks and the duplicate has."""
    return [name for name in FIELDS if getattr(duplicate, name) and not getattr(survivor, name)]
